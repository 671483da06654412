# The demonstration: the README's first six lines. Each finished step is a file, so a second `make demo` only prints the
# results again.
DEMO := out/demo
DEMO_PART := --where shape=heart --where orientation=0 --where posY=10..21
DEMO_FLAGS ?= --beta 4 --batch-size 128 --steps 1000

demo: $(DEMO)/page.html | $(READY) ## make data, train, score, and open a page to play with (five minutes)
	@echo; echo '5/5 What the latents tell of each factor'
	$(TCVAE) mig $(DEMO)/codes.safetensors --format table
	@bash recipes/open.sh $<

$(DEMO)/dsprites.h5: | $(READY)
	@mkdir -p $(@D); echo '1/5 Rendering the 737,280 images of dSprites, and keeping some hearts (half a minute)'
	$(TCVAE) prepare dsprites -o $@
$(DEMO)/hearts.h5: $(DEMO)/dsprites.h5 | $(READY)
	$(TCVAE) subset $< $(DEMO_PART) -o $@
# One thread, as the picture and the number of the README: two round otherwise, and train another run.
$(DEMO)/run.safetensors: export TCVAE_THREADS := 1
$(DEMO)/run.safetensors: $(DEMO)/hearts.h5 | $(READY)
	@echo; echo '2/5 Training a beta-TCVAE (about two minutes)'
	$(TCVAE) train --data $< $(DEMO_FLAGS) --log $(DEMO)/log.jsonl --evaluate-every 200 -o $@
$(DEMO)/codes.safetensors: $(DEMO)/run.safetensors | $(READY)
	@echo; echo '3/5 Encoding every image (seconds)'
	$(TCVAE) encode $< -o $@
$(DEMO)/page.html: $(DEMO)/run.safetensors $(DEMO)/codes.safetensors | $(READY)
	@echo; echo '4/5 Making the page (seconds)'
	$(TCVAE) report $< -o $@

.PHONY: demo
