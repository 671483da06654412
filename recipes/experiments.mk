# The experiments of the paper, for a Makefile that says what runs them: TCVAE is the command, INTERPRETER its Python,
# and READY, if any, what is installed before anything is made. typed.mk checks the variables, data.mk makes the data
# sets, runs.mk trains and measures, pages.mk draws, and one file for each figure or table lists its runs.
OLD_MAKE := $(filter 3.% 4.0 4.0.% 4.1 4.1.%,$(MAKE_VERSION))
$(if $(OLD_MAKE),$(error this is make $(OLD_MAKE): install GNU make 4.2 or newer; on macOS it is called gmake then))
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
export PYTHONUTF8 := 1
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SECONDEXPANSION:
.PRECIOUS: out/data/%.h5 # never removed as a mere step to something else
.DEFAULT_GOAL := help

PROFILE ?= laptop
SEEDS_paper := $(shell seq 0 39)
SEEDS_laptop := $(shell seq 0 9)
SEEDS_smoke := 0 1
SEEDS ?= $(SEEDS_$(PROFILE))

FIRST := $(addprefix recipes/,typed.mk data.mk runs.mk)
include $(FIRST) $(filter-out $(FIRST) recipes/experiments.mk,$(wildcard recipes/*.mk))

help: ## list the targets and variables
	@echo 'make TARGET [VARIABLE=value ...]$(INSTALLING)'
	@awk -F ':.*## ' '/^[a-zA-Z0-9-]+:.*## / && !/^reproduce/ {printf "  %-15s%s\n", $$1, $$2}' \
	    $(filter recipes/%,$(MAKEFILE_LIST)) Makefile
	@echo 'The experiments of the paper, with the time that each takes from nothing in the laptop profile, on two cores.'
	@echo 'They share runs. list-reproduce-NAME prints the runs of one, sweep-reproduce-NAME trains and draws nothing:'
	@awk -F ':.*## ' '/^reproduce-[a-zA-Z0-9-]+:.*## / {printf "  %-35s%s\n", $$1, $$2}' $(sort $(MAKEFILE_LIST))
	@echo 'PROFILE=$(PROFILE) (paper, laptop or smoke), SEEDS="$(SEEDS)", DATA_SETS="$(DATA_SETS)" (figures 2 to 4)'
	@echo 'Your copies of the data: FACES=basel_face_renders.pth CHAIRS=rendered_chairs.tar CELEBA=img_align_celeba.zip'
	@echo 'ATTRIBUTES=list_attr_celeba.txt; DOWNLOAD=1 fetches what can be fetched; STANDIN=1 takes rendered heads instead'
	@echo 'SHARE=3/8 trains every eighth run only (docs/cluster.md)'

.PHONY: help
