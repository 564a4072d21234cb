"""The one list every page uses: read a page at a time, filtered, sorted, copied, exported, by mouse and by keyboard."""
