# Codes as a file, for what is measured in many ways: CODES/FLAGS.mig.json and CODES/FLAGS.score.json, where
# per-vote_5+seed_1 are the flags --per-vote 5 --seed 1. The codes are a mere step, which make removes again.
name_flags = $(subst _, ,$(addprefix --,$(subst +, ,$1)))

out/%/codes.safetensors: out/%/run.safetensors | $(READY)
	$(MAY_FAIL)$(LAUNCH) $(TCVAE) encode $< -o $@

define of_kept_codes
	$(MAY_FAIL)$(LAUNCH) $(TCVAE) $1 $< $(call name_flags,$(*F)) --format json >$@.$$$$.part \
	&& mv $@.$$$$.part $@ || { rm -f $@.$$$$.part; exit 1; }
endef
out/%.mig.json: out/$$(*D)/codes.safetensors | $(READY)
	$(call of_kept_codes,mig)
out/%.score.json: out/$$(*D)/codes.safetensors | $(READY)
	$(call of_kept_codes,score)
