# Table 1 of the paper, by measurement: what metrics say of codes whose factors are known because they were put there.
CONSTRUCTED := out/$(PROFILE)/constructed
TABLE1_DEGREES_paper := 0 5 10 15 20 25 30 35 40 45
TABLE1_DEGREES_laptop := 0 10 20 30 40 45
TABLE1_DEGREES_smoke := 0 40 45
TABLE1_VOTES := 5 15 50 150 500
TABLE1_SAMPLES := 100 1000 10000
TABLE1_SEEDS_paper := 0 1 2 3 4 5 6 7 8 9
TABLE1_SEEDS_laptop := 0 1 2 3 4
TABLE1_SEEDS_smoke := 0 1
OLDER := measure_higgins+measure_kim-mnih
BLURRED := $(CONSTRUCTED)/blurred_0
TABLE1_DRAWN := $(TABLE1_DEGREES_$(PROFILE):%=unlike_%) alike_0 alike_45 two-mode_0 blurred_0
TABLE1_CODES := $(TABLE1_DRAWN:%=$(CONSTRUCTED)/%)
RESULTS_table1 := $(CONSTRUCTED)/scores.json $(TABLE1_CODES:%=%/method_exact.mig.json) \
    $(TABLE1_VOTES:%=$(BLURRED)/$(OLDER)+per-vote_%.score.json) \
    $(CONSTRUCTED)/alike_0/$(OLDER)+per-vote_5.score.json \
    $(foreach seed,$(TABLE1_SEEDS_$(PROFILE)), \
    $(TABLE1_SAMPLES:%=$(BLURRED)/method_monte-carlo+samples_%+seed_$(seed).mig.json))

$(CONSTRUCTED)/%/codes.safetensors: recipes/constructed.py | $(READY)
	@mkdir -p $(@D)
	$(INTERPRETER) $< $* $@

$(CONSTRUCTED)/scores.json: $(TABLE1_CODES:%=%/codes.safetensors) | $(READY)
	$(call result,$(TCVAE) score $^ --measure higgins --measure kim-mnih --format json)

reproduce-table1: ## what three metrics are sensitive to, on codes made for it (minutes)
	$(page)
	$(complete)
