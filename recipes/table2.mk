# Table 2 of the paper: the ground-truth factors, counted in the images that all other figures are made from.
TABLE2_FACES := $(if $(FACES),faces-basel,$(if $(filter smoke,$(PROFILE)),faces-two-heads,faces))
TABLE2_DATA := out/data/dsprites.h5 out/data/$(TABLE2_FACES).h5

# 5,082 images of the stand-in: two heads from every direction and in every light.
out/data/faces-two-heads.h5: | $(READY)
	$(PREPARE) faces --identities 2 -o $@

out/data/%.factors.json: out/data/%.h5 recipes/factors.py
	$(call result,$(INTERPRETER) recipes/factors.py $<)

RESULTS_table2 := $(TABLE2_DATA:%.h5=%.factors.json)
reproduce-table2: ## the factors of dSprites and faces, counted (minutes)
	$(page)
	$(INTERPRETER) recipes/table2-picture.py $(FIGURES)/$(NAME) $(wildcard $(TABLE2_DATA))
	$(complete)
