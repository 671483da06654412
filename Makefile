# A clone: its set-up, and development. The experiments are in recipes/, which `tcvae recipes` writes elsewhere.
PYTHON ?= python3
VENV ?= .venv
TCVAE ?= $(VENV)/bin/tcvae
INTERPRETER := $(VENV)/bin/python
# tcvae is installed before anything is made, unless TCVAE names one from elsewhere.
READY := $(filter $(VENV)/%,$(TCVAE))
INSTALLING := ; each target first installs what it needs into $(VENV), which PYTHON=$(PYTHON) makes

include recipes/experiments.mk

# Set-up, by uv where it is installed and pip elsewhere. The scripts that these write tell whether it is up to date.
# LOCKED=1, as in CI, takes only files whose hashes are in locks/.
INSTALL = @tools/install.sh $(call quoted,$(PYTHON)) $(VENV)
PINNED := pyproject.toml constraints.txt $(if $(LOCKED),$(wildcard locks/*.txt))

$(VENV)/bin/tcvae: $(PINNED) $(wildcard tcvae_cli/native/*.[ch])
	@echo 'Installing tcvae, its figures and its scores into $(VENV) (a few minutes the first time)'
	$(INSTALL) tcvae
	@touch $@

$(VENV)/bin/pytest: $(PINNED) | $(VENV)/bin/tcvae
	@echo 'Installing the development tools into $(VENV)'
	$(INSTALL) dev
	@touch $@

$(VENV)/bin/sphinx-build: $(PINNED) | $(VENV)/bin/tcvae
	@echo 'Installing Sphinx into $(VENV)'
	$(INSTALL) docs
	@touch $@

$(VENV)/bin/twine: $(PINNED) | $(VENV)/bin/tcvae
	@echo 'Installing what builds and checks a release into $(VENV)'
	$(INSTALL) release
	@touch $@

lock: ## resolve what constraints.txt leaves open, and write it and the hashes in locks/ anew (a minute; needs uv)
	@$(call quoted,$(PYTHON)) tools/lock.py

docs: $(VENV)/bin/sphinx-build ## make a site of docs/ in out/docs (seconds)
	$(VENV)/bin/sphinx-build --quiet -W --keep-going -d out/doctrees docs out/docs
	@echo 'Now open out/docs/index.html.'

man: $(VENV)/bin/tcvae ## write the manual pages into out/man (a second)
	@$(VENV)/bin/python -m tcvae_cli.cli.man out/man

# The pictures of docs/gallery.md are drawn by the commands that stand in it.
GALLERY := out/gallery
GALLERY_RESULTS := $(patsubst %,results/laptop/figure%.jsonl,2 3 4 5)

gallery: $(DEMO)/page.html $(DEMO)/other.safetensors | $(READY) ## draw the pictures of docs/gallery.md anew (minutes)
	mkdir -p $(GALLERY)
	cp $(DEMO)/*.h5 $(DEMO)/*.safetensors $(DEMO)/*.jsonl $(GALLERY_RESULTS) $(GALLERY)
	cd $(GALLERY) && sed -n '/^```sh/,/^```/{/^```/d;p}' '$(CURDIR)/docs/gallery.md' \
	    | PATH="$(abspath $(VENV))/bin:$$PATH" bash -eux -o pipefail
	$(INTERPRETER) tools/palette.py $(GALLERY)/*.png docs/gallery

$(DEMO)/other.safetensors: $(DEMO)/hearts.h5 | $(READY)
	$(TCVAE) train --data $< --beta 6 --batch-size 128 --steps 400 -o $@

# The tests run in two lanes of one thread each. A test that is about threads asks for more.
test: $(VENV)/bin/pytest ## run the tests (two cores)
	OMP_NUM_THREADS=1 TCVAE_THREADS=1 $(VENV)/bin/pytest -n 2 --dist worksteal

torture: $(VENV)/bin/pytest ## test at length against crashes, full disks and hostile files (20 minutes)
	$(VENV)/bin/pytest tests/torture --torture

slurm-test: ## run figure 3 by an array of a real SLURM on this machine, one of whose nodes dies (minutes)
	@tests/slurm/test 'TCVAE=$(TCVAE)' VENV=$(VENV)

kernel-test: ## run the kernels for CUDA in Triton's interpreter and compile them, without a GPU (2 minutes)
	@tests/kernels/test $(call quoted,$(PYTHON)) out/kernel-test

gpu-check: ## check and time everything on an NVIDIA GPU, offline, with the torch that is there (8 minutes)
	PYTHONPATH=.$${PYTHONPATH:+:$$PYTHONPATH} $(or $(wildcard $(VENV)/bin/python),$(PYTHON)) benchmarks/gpu_check.py

check-systems: $(VENV)/bin/pytest ## check the types as they are on macOS and Windows (a minute)
	$(VENV)/bin/mypy --platform darwin --cache-dir .mypy_cache/darwin
	$(VENV)/bin/mypy --platform win32 --cache-dir .mypy_cache/win32

check: $(VENV)/bin/pytest ## check style, formatting, types, and which layer may import which
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/pytest -q tests/test_layers.py

benchmark: out/data/dsprites.h5 $(VENV)/bin/tcvae ## time all beside a textbook's code (10 minutes; QUICK=1: 3)
	$(VENV)/bin/python benchmarks/run.py $< out/benchmark $(if $(QUICK),--quick)

# What is published. All is built twice, the wheel also by way of the source distribution: the bytes must be the same.
BUILD = rm -rf build *.egg-info && $(VENV)/bin/python -m build --no-isolation -C--global-option=--quiet

wheel: $(VENV)/bin/twine ## build the wheel, check it, and try it in a new virtual environment (minutes)
	rm -rf dist/*.whl out/wheel
	$(BUILD) --wheel --outdir dist .
	$(BUILD) --outdir out/wheel/again .
	cmp dist/*.whl out/wheel/again/*.whl
	$(VENV)/bin/twine check --strict dist/*.whl
	$(VENV)/bin/check-wheel-contents dist/*.whl
	$(call quoted,$(PYTHON)) -m venv out/wheel
	out/wheel/bin/pip install --quiet -c constraints.txt dist/*.whl
	out/wheel/bin/python tools/try_installed.py

sdist: $(VENV)/bin/twine $(VENV)/bin/pytest ## build the source distribution, check it, run some of its tests (a minute)
	rm -rf dist/*.tar.gz out/sdist
	$(BUILD) --sdist --outdir dist .
	$(BUILD) --sdist --outdir out/sdist .
	cmp dist/*.tar.gz out/sdist/*.tar.gz
	$(VENV)/bin/twine check --strict dist/*.tar.gz
	tar xzf dist/*.tar.gz --strip-components=1 -C out/sdist
	cd out/sdist && PYTHONPATH=$$PWD '$(abspath $(VENV))/bin/python' -m pytest tests/test_publishing.py \
	    tests/test_golden.py

licences: $(VENV)/bin/tcvae ## list the licence of everything that tcvae needs
	@$(VENV)/bin/python tools/licences.py

clean: ## remove what can be made again in minutes, but not the installation, the data and the trained runs
	rm -rf dist build *.egg-info out/wheel out/sdist out/demo out/gallery out/docs out/doctrees out/man out/benchmark
	rm -rf .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find tcvae_cli tests recipes tools benchmarks docs -name __pycache__ -prune -exec rm -r {} +

.PHONY: docs man gallery test torture slurm-test kernel-test gpu-check check check-systems \
	benchmark wheel sdist licences lock clean
