# The path is the command line: out/PROFILE/DATASET/OBJECTIVE/flag_value/.../run.safetensors is trained with the flags
# in recipes/PROFILE/DATASET.flags, then --objective OBJECTIVE --flag value ... (of a flag given twice the last one
# counts). So `make out/laptop/dsprites/beta-tcvae/beta_6/alpha_0/seed_3/mig.json` needs no rule of its own. In these
# rules $* is PROFILE/DATASET/OBJECTIVE/flag_value/..., and dsprites-thin, a part of dsprites, has its flags.
word_of = $(word $1,$(subst /, ,$2))
data_of = out/data/$(call word_of,2,$1).h5
flags_file = recipes/$(call word_of,1,$1)/$(firstword $(subst -, ,$(call word_of,2,$1))).flags
path_flags = --objective $(call word_of,3,$1) $(subst _, ,$(addprefix --,$(wordlist 4,99,$(subst /, ,$1))))

# $(call results_of,FILE,DATASET/OBJECTIVE/... ...) is that file of each of these settings, with each seed.
results_of = $(foreach setting,$2,$(SEEDS:%=out/$(PROFILE)/$(setting)/seed_%/$1))

# Under `make -k` a step that fails is passed over: figures are drawn without it, say so, and fail at their end.
MAY_FAIL = $(if $(findstring k,$(filter-out --%,$(firstword -$(MAKEFLAGS)))),-)

# The one place that trains a missing run. recipes/train.py goes on from a checkpoint and tells how it ended.
training = $(LAUNCH) $(TCVAE) train --data $< $(strip $(file <$(lastword $^))) $(call path_flags,$*) \
    --checkpoint $(@D)/checkpoint -o $@
out/%/run.safetensors: $$(call data_of,$$*) $$(call flags_file,$$*) | $(READY)
	$(MAY_FAIL)$(PYTHON) recipes/train.py $(@D) $^ $(training)

# `$(RESULT) COMMAND` makes the target of what the command prints, whole or not at all.
RESULT = $(MAY_FAIL)$(PYTHON) recipes/result.py $@

# One LAUNCH for the whole pipe: two would wait for each other under a lock or in a full queue.
encoded = $(LAUNCH) bash $(.SHELLFLAGS) '$(TCVAE) encode $< | $(TCVAE) $1 --format json'
out/%/mig.json: out/%/run.safetensors $$(call data_of,$$*) | $(READY)
	$(RESULT) $(call encoded,mig --factors $(lastword $^))
out/%/tc.json: out/%/run.safetensors | $(READY)
	$(RESULT) $(call encoded,estimate-tc)

# Codes as a file, for what is measured in many ways: FOLDER/FLAGS.mig.json and FOLDER/FLAGS.score.json, where the name
# per-vote_5+seed_1 means the flags --per-vote 5 --seed 1. make removes these codes again at its end.
name_flags = $(subst _, ,$(addprefix --,$(subst +, ,$1)))
out/%/codes.safetensors: out/%/run.safetensors | $(READY)
	$(MAY_FAIL)$(LAUNCH) $(TCVAE) encode $< -o $@
out/%.mig.json: out/$$(*D)/codes.safetensors | $(READY)
	$(RESULT) $(LAUNCH) $(TCVAE) mig $< $(call name_flags,$(*F)) --format json
out/%.score.json: out/$$(*D)/codes.safetensors | $(READY)
	$(RESULT) $(LAUNCH) $(TCVAE) score $< $(call name_flags,$(*F)) --format json
