# Table 1 of the paper, by measurement: what metrics say of codes whose factors are known because they were put there.
CONSTRUCTED := out/$(PROFILE)/constructed
TABLE1_VOTES := 5 15 50 150 500
TABLE1_SAMPLES := 100 1000 10000
TABLE1_SEEDS_paper := 0 1 2 3 4 5 6 7 8 9
TABLE1_SEEDS_laptop := 0 1 2 3 4
TABLE1_SEEDS_smoke := 0 1 2
TABLE1_CODES := $(addprefix $(CONSTRUCTED)/,unlike_0 unlike_15 unlike_30 unlike_40 unlike_45 alike_0 alike_45 two-mode_0 blurred_0)
OLDER := measure_higgins+measure_kim-mnih
TABLE1_RESULTS := $(TABLE1_CODES:%=%/method_exact.mig.json) $(TABLE1_CODES:%=%/$(OLDER)+per-vote_64.score.json) \
    $(TABLE1_VOTES:%=$(CONSTRUCTED)/blurred_0/$(OLDER)+per-vote_%.score.json) \
    $(foreach seed,$(TABLE1_SEEDS_$(PROFILE)),$(TABLE1_SAMPLES:%=$(CONSTRUCTED)/blurred_0/method_monte-carlo+samples_%+seed_$(seed).mig.json))

$(CONSTRUCTED)/%/codes.safetensors: recipes/constructed.py | $(READY)
	@mkdir -p $(@D)
	$(VENV)/bin/python $< $* $@

reproduce-table1: $(TABLE1_RESULTS) ## properties of three metrics, measured on constructed codes (minutes)
	$(call page,table1,$^)

.PHONY: reproduce-table1
