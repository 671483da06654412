# The appendix on the older metrics: their scores of plain VAEs against L, the images that make one vote.
METRIC_L_SEEDS_paper := $(shell seq 0 19)
METRIC_L_SEEDS_laptop := 0 1 2 3 4 5 6 7 8 9
METRIC_L_SEEDS_smoke := 0 1 2
METRIC_L_VOTES_paper := 5 10 20 50 100 200 500
METRIC_L_VOTES_laptop := 5 20 100 500
METRIC_L_VOTES_smoke := 5 50
METRIC_L_RUNS := $(METRIC_L_SEEDS_$(PROFILE):%=out/$(PROFILE)/$(DSPRITES)/vae/seed_%)
# Votes are drawn twice, to tell what L does from what chance does.
RESULTS_appendix-metric-L := $(foreach run,$(METRIC_L_RUNS),$(foreach draw,0 1, \
    $(METRIC_L_VOTES_$(PROFILE):%=$(run)/measure_higgins+measure_kim-mnih+per-vote_%+seed_$(draw).score.json)))

reproduce-appendix-metric-L: ## Higgins' and Kim & Mnih's scores against L (half an hour, ten VAEs)
	$(page)
	$(complete)
