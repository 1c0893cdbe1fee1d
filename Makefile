# Everything a checkout can do. Each target sets up all it needs by itself and can be run again at any time.

.PHONY: demo soak kills test check fuzz format lock wheel

# The tests start the program hundreds of times: it is compiled once, before, so that no run differs from the next.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
PY := $(VENV)/bin/python
# Two for each processor, since many tests wait for a server or a child; a file stays with one, so that what its tests
# share (a demonstration, a corpus, a browser) is made once. The long ones come first.
WORKERS ?= $(shell echo $$((2 * $$(nproc 2>/dev/null || echo 1))))

demo: $(VENV)/.run-ready
	@$(PY) -m cee_mailbot demo $(ARGS)

test: $(VENV)/.dev-ready
	@scripts/test-servers
	@$(PY) -m compileall -q cee_mailbot parsers tests
	@$(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

# A kill or a fault every few seconds, for SECONDS; then every promise is checked (docs/reliability.md).
soak: SECONDS ?= 60
soak: $(VENV)/.dev-ready
	@scripts/test-servers
	@$(PY) bench/soak.py --seconds $(SECONDS)

# Killed at KILLS system calls, spread over a whole run, and in KILLS orders of events.
KILLS ?= 50
kills: $(VENV)/.dev-ready
	@scripts/test-servers
	@KILLS=$(KILLS) $(PY) -m pytest -q tests/acceptance/test_kill_spread.py tests/acceptance/test_kill_machine.py

check: $(VENV)/.dev-ready
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(PY) -m pytest -q tests/test_house.py

# Ten minutes of messages that a fuzzer makes; more seeds: make fuzz SEEDS=/folder/of/mail
fuzz: SECONDS ?= 600
fuzz: $(VENV)/.fuzz-ready
	$(PY) tests/fuzz/fuzz_reading.py $(SECONDS) $(SEEDS)

format: $(VENV)/.dev-ready
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

wheel: $(VENV)/.dev-ready
	$(VENV)/bin/hatchling build -t wheel

# Pins every package with its hashes; names no index. Needs uv.
lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
		--extra build -o requirements/run.txt pyproject.toml
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
		--extra build --extra dev -o requirements/dev.txt pyproject.toml
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
		--extra build --extra dev --extra fuzz -o requirements/fuzz.txt pyproject.toml

$(VENV)/.run-ready: requirements/run.txt pyproject.toml scripts/make-venv
	@scripts/make-venv $(VENV) run

$(VENV)/.dev-ready: requirements/dev.txt pyproject.toml scripts/make-venv
	@scripts/make-venv $(VENV) dev

$(VENV)/.fuzz-ready: requirements/fuzz.txt pyproject.toml scripts/make-venv
	@scripts/make-venv $(VENV) fuzz
