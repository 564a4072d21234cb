"""Sentences of services name commands and options, because those are everybody's; here they become words of the window.

What only a command can do stays, and is said to be typed in a terminal.
"""

import re

_RULES: tuple[tuple[str, str], ...] = (
    # Options whose field stands in front of the reader.
    (
        r"--from (\S+) lies after --to (\S+): exchange them",
        r"The first day, \1, lies after the last, \2: exchange them",
    ),
    (r", like --reason \"typed twice\"", ""),
    (r"say with --(?:rationale|reason) ", "say "),
    (r"leave out --cap and --days", "leave out the new caps"),
    (r"name an earlier moment, or leave out --as-of", "choose an earlier moment, or none for the newest"),
    (r",? or record it with --allow-unattributed", ", or tick that it is recorded all the same"),
    (r",? or import with --allow-unattributed", ", or tick that they are imported all the same"),
    (r"back-date (the|its) start with `capdesk experiment start (.+?) --at (\S+?)`", r"start \2 back-dated to \3"),
    (r"start NAME back-dated", "start its first experiment back-dated"),
    (r"without --whole-days", "without “whole days”"),
    (r"leave out --whole-days", "untick “whole days”"),
    (r"leave out every option but --whole-days, --dry-run, --receipt and --json", "choose nothing else"),
    (r"(?:name it|say which) with --campaign", "choose the campaign"),
    (r"--save-profile keeps what --map and --outcome say", "A profile keeps how columns and outcomes are mapped"),
    (r", with (?:--account|--project, --label or --account)(?=\.)", ": choose an account, a project or a label"),
    (r"--map (.+?) cannot be understood; write it like SOURCE=CAMPAIGN", r"\1 cannot be mapped: choose its campaign"),
    (r"type it when asked, or name its file with --(?:token|password)-file", "type it"),
    (r"use --adc instead", "use this computer's own Google login instead"),
    (r"or give a key file with --credentials", "or choose a key file"),
    (r"ask for fewer days with --since", "ask for fewer days"),
    (r"say to whom the test goes with --to \S+?(?=\.?$)", "name a recipient in Settings"),
    (r"leave out --with, or use", "use"),
    (r"name another(?: one)? with --desk", "name another with `capdesk --desk FOLDER` in a terminal"),
    (r"stop it with --force", "stop it with `capdesk db stop --force` in a terminal"),
    # Commands that a page or a button here stands for.
    (r"set one with `capdesk team edit [^`]+`", "give a rate on the Team page"),
    (r"say which with `capdesk team assign [^`]+`", "assign a campaign on the Team page"),
    (r"(?:as )?`capdesk lead list` shows them", "as the Leads page shows them"),
    (r"change it with: capdesk (?:lead|team) edit", "edit it on its page"),
    (r"see their numbers with `capdesk evaluate EXPERIMENT`", "choose one on the Evaluations page"),
    (r"make one with `capdesk [a-z]+ add [^`]*`", "add one first"),
    (r"make it active first \(capdesk campaign edit [^)]*\)", "make it active first, on the campaign's page"),
    (r"see what is mapped with capdesk map list", "Settings show what is mapped"),
    (r"reach a campaign by `capdesk map`", "reach a campaign by the mapping in Settings"),
    (r"connect one with `capdesk connect [^`]+`", "connect one in Settings"),
    (r"`capdesk connect twilio --alone`", "“this account alone” in Settings"),
    (r"run `capdesk connect twilio`( with it)?", r"connect Twilio again\1, in Settings"),
    (
        r"put right what `capdesk sync --log` says, then run `capdesk sync --source [^`]+`",
        "see Syncs, then pull it there",
    ),
    (r"check the database URL in `capdesk settings`", "check the database URL in Settings"),
    (r"set what is missing, as in: capdesk settings set .*$", "set what is missing in Settings, under Mail."),
    (r"`capdesk settings set --mail-host \.\.\.` does", "Settings do that, under Mail"),
    (r"set it with: capdesk settings set \.\.\.", "set it in Settings"),
    (
        r"(there )?send it again with: capdesk (?:alerts|report weekly)[^;,]*? --again",
        r"\1send it again from Notifications",
    ),
    (r"`capdesk report weekly --week` shows each", "Reports show each"),
    (r"(?:run )?`capdesk schedule install` again", "install it again in Settings"),
    (r"`capdesk schedule install` changes that", "Settings change that"),
    (r"send it again with `--send --again`", "send it again from Notifications"),
    (r"set it with `capdesk secrets set [^`]+`", "set it in Settings, under Secrets"),
    (r"set the secrets again with `capdesk secrets set \.\.\.`", "set the secrets again in Settings"),
    (r"remove some with `capdesk secrets remove`", "remove some in Settings"),
    (r"remove it instead with `capdesk secrets remove`", "remove it instead"),
    (
        r"its secret (\S+) stays \(`capdesk secrets remove [^`]+`\)",
        r"its secret \1 stays until it is removed in Settings",
    ),
    (r"(let unattended runs use|allow) a key file with `capdesk secrets allow-key-file`", r"\1 a key file in Settings"),
    # What is left has no place in the window.
    (r"(`capdesk [^`]+`)(?! in a terminal| every hour)", r"\1 in a terminal"),
)
_TABLE = tuple((re.compile(pattern), words) for pattern, words in _RULES)
_TOLD = re.compile(r"--[a-z]|capdesk [a-z-]+")


def in_window(sentence: str) -> str:
    """The sentence without what would be typed elsewhere; other sentences stay as they are."""
    if _TOLD.search(sentence):
        for pattern, words in _TABLE:
            sentence = pattern.sub(words, sentence)
    return sentence
