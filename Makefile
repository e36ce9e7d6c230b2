# av3d: two commands do everything, `make demo` and `make test`. Both install what is missing first.

BIN := .venv/bin
LOG ?= sample_logs/crossing

.DEFAULT_GOAL := help
.PHONY: help demo app test lint format bench pictures keys checks wheel clean

help:  ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

# Stamps: set-up runs again only when the list of packages changes.
.venv/.setup-run: scripts/setup pyproject.toml uv.lock
	@scripts/setup run && touch $@

.venv/.setup-test: scripts/setup pyproject.toml uv.lock
	@scripts/setup test && touch $@ .venv/.setup-run

demo: .venv/.setup-run  ## Show av3d on the sample log: the window, or headless without a screen
	@$(BIN)/av3d demo

app: .venv/.setup-run  ## Open a log in the window: make app LOG=path/to/log
	@$(BIN)/av3d open "$(LOG)"

test: .venv/.setup-test lint  ## Check style, types and import contracts, then run all tests
	@# Bytecode is kept, whatever the environment says: av3d is started some hundred times.
	@PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: .venv/.setup-test  ## Check style, types and import contracts
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: .venv/.setup-test  ## Format the code and fix what can be fixed by itself
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format

bench: .venv/.setup-test  ## Run the measurements in tests/benchmarks
	@for script in $$(ls tests/benchmarks/*.py | grep -v /test_); do echo "== $$script"; $(BIN)/python $$script || exit 1; done

pictures: .venv/.setup-test  ## Make the pictures of the window in README.md and the guide anew
	@$(BIN)/python docs/examples/window_pictures.py docs/images

keys: .venv/.setup-run  ## Write the tables of docs/guide/keys.md anew
	@$(BIN)/python -m av3d.present.key_table docs/guide/keys.md

checks: .venv/.setup-run  ## Write the tables of docs/guide/checks.md anew
	@$(BIN)/python -m av3d.qa.check_table docs/guide/checks.md

wheel: .venv/.setup-run  ## Build the wheel into dist/
	@PATH="$(CURDIR)/.tools/uv/bin:$$PATH" uv build --wheel

clean:  ## Remove what make has made
	rm -rf .venv .tools dist out .mypy_cache .ruff_cache .pytest_cache .hypothesis
