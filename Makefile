# Two commands matter: `make chat` to talk to the bot, `make test` to check everything.
SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
# The newest Python from 3.11 to 3.14 that is already on this machine and can start; none is ever downloaded.
FIND_PYTHON = for p in $(PYTHON) python3.13 python3.14 python3.12 python3.11 python3 python; do \
	if "$$p" -c 'import sys, venv, ensurepip; sys.exit(not ((3, 11) <= sys.version_info[:2] <= (3, 14)))' >/dev/null 2>&1; \
	then "$$p" -c 'import sys; print(sys.executable)'; exit 0; fi; done; \
	echo "No Python 3.11 to 3.14 with venv found. Install one (on Debian: apt install python3 python3-venv) or run make PYTHON=/path/to/python." >&2; exit 1
UV_VERSION := 0.13.9
UV = UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=$(VENV) $(VENV)/bin/uv

.PHONY: help install chat preview run check diff vectors release test lint types unit coverage clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

install: $(VENV)/.installed ## install everything into .venv (quick when nothing changed)

$(VENV)/.installed: pyproject.toml uv.lock
	@set -e; python="$$($(FIND_PYTHON))"; \
	if [ ! -x $(PY) ] || ! $(PY) -c '' 2>/dev/null; then rm -rf $(VENV); "$$python" -m venv $(VENV); fi; \
	$(PY) -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"; \
	$(UV) sync --quiet --locked --inexact --compile-bytecode --python $(PY)
	@touch $@

chat: install ## talk to the bot in this terminal
	@$(PY) -m bot chat

preview: install ## see the bot and all answers in your browser, edits at once
	@$(PY) -m bot preview

run: install ## start the Telegram bot (needs TELEGRAM_BOT_TOKEN)
	@$(PY) -m bot run

check: install ## look for mistakes in the knowledge files
	@$(PY) -m bot check

diff: install ## see which questions get something else since the last commit
	@$(PY) -m bot diff || [ $$? -eq 1 ]  # 1: some do, and none got worse

vectors: install ## compute what is shipped so that no start has to
	@$(PY) -m bot vectors

release: test vectors ## make release VERSION=0.4.0: tests, vectors, figures, version, changelog
	@$(PY) -m tests.benchmarks.release $(VERSION)

test: lint types unit ## lint, types and all tests

lint: install
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .

types: install
	@$(VENV)/bin/mypy

# The tests start some two hundred processes: where no bytecode may be kept, each would compile all that it imports.
unit: install
	@env -u PYTHONDONTWRITEBYTECODE $(VENV)/bin/pytest -n 4 --dist worksteal --durations 10

coverage: install ## tests with branch coverage
	@$(VENV)/bin/coverage run -m pytest && $(VENV)/bin/coverage report -m

clean: ## remove what make and the bot created, the data folder excepted
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
