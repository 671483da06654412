# The path is the command line: out/PROFILE/DATASET/OBJECTIVE/flag_value/.../seed_N/run.safetensors is what sweep trains
# with the flags in recipes/PROFILE/DATASET.flags, then --objective OBJECTIVE --flag value ... (of a flag given twice
# the last one counts); mig.json and estimate-tc.json beside it are its results. dsprites-small, a part of dsprites, has
# its flags. sweep skips what is finished and goes on from checkpoints. In these rules $* is PROFILE/DATASET/...; `exec`
# lets signals to make reach the command.
word_of = $(word $1,$(subst /, ,$2))
data_of = out/data/$(call word_of,2,$1).h5
flags_of = recipes/$(call word_of,1,$1)/$(firstword $(subst -, ,$(call word_of,2,$1))).flags
folder_of = out/$(call word_of,1,$1)/$(call word_of,2,$1)
sweep = $(MAY_FAIL)exec $(TCVAE) sweep --data $(call data_of,$1) $(strip $(file <$(call flags_of,$1)))

# Under `make -k` a step that fails is passed over: figures are drawn without it, say so, and fail at their end.
MAY_FAIL = $(if $(findstring k,$(filter-out --%,$(firstword -$(MAKEFLAGS)))),-)

# $(call results_of,FILE,DATASET/OBJECTIVE/... ...) is that file of each of these settings, with each seed.
results_of = $(foreach setting,$2,$(SEEDS:%=out/$(PROFILE)/$(setting)/seed_%/$1))

# The figures that are asked for, their results, and the runs and data sets behind these; and the results that are not
# sweep's.
ASKED = $(foreach name,$(ALL_FIGURES),$(if $(filter %reproduce-$(name),$(MAKECMDGOALS)),$(name))) \
    $(if $(filter %-reproduce-all,$(MAKECMDGOALS)),$(FIGURES_HERE))
WANTED = $(sort $(foreach name,$(ASKED),$(RESULTS_$(name))))
RUNS = $(patsubst %/,%,$(sort $(dir $(foreach file,$(WANTED),$(if $(findstring /seed_,$(file)),$(file))))))
SETS = $(sort $(foreach run,$(RUNS),$(call word_of,3,$(run))))
DATA = $(SETS:%=out/data/%.h5)
MORE = $(filter-out %/run.safetensors %/mig.json %/estimate-tc.json,$(WANTED))

# The runs on a data set, and of some runs those of SHARE, as sweep has them.
runs_on = $(filter out/$(PROFILE)/$1/%,$(RUNS))
share_of = $(if $(SHARE),$(foreach number,$(shell seq $(subst /, ,$(SHARE)) $(words $1)),$(word $(number),$1)),$1)
list: ; @:$(foreach data,$(SETS),$(foreach run,$(call share_of,$(call runs_on,$(data))),$(info $(run))))
data: $$(DATA) | $(READY)

# One sweep for each data set; SHARE=3/8 leaves seven eighths to others (docs/cluster.md). The list is a file, since
# thousands of runs fit on no command line.
LIST = $(FIGURES)/$1$(subst /,-of-,$(SHARE:%=.%)).runs
paths_in = $(call one_a_line,$(patsubst out/$(PROFILE)/$1/%,%,$(call runs_on,$1)))
define sweep_all
$(shell mkdir -p $(FIGURES))$(file >$(LIST),$(call paths_in,$1))
$(call sweep,$(PROFILE)/$1)$(SHARE:%= --share %) --from $(LIST) -o out/$(PROFILE)/$1

endef
swept: data
	$(foreach data,$(SETS),$(call sweep_all,$(data)))

# Then what else is measured.
measured: swept
	$(if $(MORE),+$(MAY_FAIL)$(MAKE) --no-print-directory SWEPT=yes $(MORE))

# sweep writes each of them whole or not at all, so that make deletes none when it fails: another make, to which sweep
# gives way, may just have written it.
.PRECIOUS: out/%/run.safetensors out/%/mig.json out/%/estimate-tc.json
ifdef SWEPT
out/%/run.safetensors:
	@echo '$@ is missing: its training has failed' >&2; exit 1
else # a single run
out/%/run.safetensors out/%/mig.json out/%/estimate-tc.json: $$(call data_of,$$*) $$(call flags_of,$$*) | $(READY)
	$(call sweep,$*) -o $(call folder_of,$*) --from - <<<'$(patsubst $(call folder_of,$*)/%,%,out/$*)'
endif

# $(call result,COMMAND) makes the target of what the command prints, whole or not at all.
define result
@rm -f $@
exec $1 >$@.$$PPID.part
@mv $@.$$PPID.part $@
endef

# Codes as a file, for what is measured in many ways: FOLDER/FLAGS.mig.json and FOLDER/FLAGS.score.json, where the name
# per-vote_5+seed_1 means the flags --per-vote 5 --seed 1. make removes these codes again at its end.
name_flags = $(subst _, ,$(addprefix --,$(subst +, ,$1)))
out/%/codes.safetensors: out/%/run.safetensors | $(READY)
	exec $(TCVAE) encode $< -o $@
out/%.mig.json: out/$$(*D)/codes.safetensors | $(READY)
	$(call result,$(TCVAE) mig $< $(call name_flags,$(*F)) --format json)
out/%.score.json: out/$$(*D)/codes.safetensors | $(READY)
	$(call result,$(TCVAE) score $< $(call name_flags,$(*F)) --format json)

.PHONY: list data swept measured
