# Two commands for everybody: `make demo` and `make test`. Each makes its own environment in .venv.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check --quiet
ARGS ?=
WORKERS ?= auto

# GCC before 13 drops the tile configuration that llama.cpp's AMX kernels load, and the first decode on a processor with
# AMX ends in a segmentation fault (ggml-org/llama.cpp pull request 26954): with such a compiler, do without them.
ifeq ($(shell uname -m),x86_64)
OLD_GCC := $(shell echo '__GNUC__ __clang__' | $(CXX) -E -P -x c++ - 2>/dev/null | awk '$$2 == "__clang__" && $$1 < 13')
ifneq ($(OLD_GCC),)
NO_AMX := -mno-amx-tile -mno-amx-int8 -mno-amx-bf16
export CFLAGS += $(NO_AMX)
export CXXFLAGS += $(NO_AMX)
endif
endif

.PHONY: help demo test check format bench faults kills terminal pictures guide clean

help:  ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(BIN)/pip:
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "llamachat needs Python 3.11 or newer: make PYTHON=python3.11"'
	$(PYTHON) -m venv $(VENV)

# The first install compiles llama.cpp, which takes some minutes; the stamps make every later call quick.
$(VENV)/.daemon: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing llamachat with its daemon into $(VENV); the first time, llama.cpp is compiled (some minutes) …"
	$(PIP) install -c constraints.txt -e '.[daemon]'
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing llamachat and what its tests need into $(VENV); the first time, llama.cpp is compiled (some minutes) …"
	$(PIP) install -c constraints.txt -e '.[daemon,test,dev]'
	@touch $@ $(VENV)/.daemon

demo: $(VENV)/.daemon  ## two local nodes with the built-in guide model, and the chat
	@$(BIN)/llamachat demo $(ARGS)

test: $(VENV)/.test  ## all tests, in parallel; ARGS="-k name" is passed to pytest
	$(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: $(VENV)/.test  ## formatting, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(VENV)/.test  ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The servers to compare with have an environment of their own; llama-cpp-python is compiled once more for it.
$(VENV)-peers/.made: | $(BIN)/pip
	$(PYTHON) -m venv $(VENV)-peers
	$(VENV)-peers/bin/pip --disable-pip-version-check --quiet install -c constraints.txt xllamacpp 'llama-cpp-python[server]'
	@touch $@

bench: $(VENV)/.test $(VENV)-peers/.made  ## measurements; their figures stand in docs/performance.md
	$(PIP) install -c constraints.txt -e '.[bench]'
	$(BIN)/python -m benchmarks $(ARGS)

faults: $(VENV)/.test  ## 500 random faults among real daemons; ARGS="--seed 123 --scenarios 1" plays one again
	$(BIN)/python -m tests.faults $(ARGS)

kills: $(VENV)/.test  ## 1000 processes killed while they use a history; ARGS="--seed 123 --kills 4" plays some again
	$(BIN)/python -m tests.kills $(ARGS)

terminal: $(VENV)/.test  ## a whole visit in a real tmux of three sizes; ARGS="--bare" without colours, over a slow line
	$(BIN)/python -m tests.terminal $(ARGS)

pictures: $(VENV)/.test  ## the pictures in docs/, made by the running program
	$(BIN)/python -m tests.screens.pictures

guide:  ## train the bundled guide model again (torch; about half an hour on two cores)
	$(PYTHON) -m venv .venv-train
	.venv-train/bin/pip --disable-pip-version-check --quiet install -c constraints.txt -e '.[train,daemon]'
	.venv-train/bin/python -m train all $(ARGS)

clean:  ## remove what the other commands made
	rm -rf $(VENV) $(VENV)-peers .venv-train .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
