# `make run` and `make test` need only Python >= 3.11; each does all of its own set-up.
BIN := .venv/bin
DEMO ?= $(HOME)/capdesk-demo

.PHONY: run test check fix bench demo screenshots lock setup clean

setup:
	@sh requirements/setup.sh

run: setup  ## open the window on a believable desk; without a screen, print its weekly report
	@if [ "$$(uname -s)" = Linux ] && [ -z "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ]; then $(BIN)/capdesk demo "$(DEMO)"; \
	else [ -f "$(DEMO)/demo.json" ] || $(BIN)/capdesk demo "$(DEMO)" >/dev/null; $(BIN)/capdesk --desk "$(DEMO)"; fi

demo: setup  ## build a believable desk and print its weekly report
	@$(BIN)/capdesk demo "$(DEMO)"

test: setup
	$(BIN)/python -m pytest -n 2

check: setup  ## exactly what CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MAKE) test

fix: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup  ## measures, as ratios against a baseline in the same run
	$(BIN)/python -m tests.bench

screenshots: setup  ## render every page of the demo desk in both palettes and sizes into docs/screenshots
	$(BIN)/python -m tests.support.screenshots

lock: setup  ## newest versions the ranges in pyproject.toml allow, with hashes
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-header -q --upgrade pyproject.toml -o requirements/runtime.txt
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-header -q --upgrade requirements/dev.in -o requirements/dev.txt

clean:
	rm -rf .venv .mypy_cache .ruff_cache build dist
