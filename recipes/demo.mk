# The demonstration: each finished step is a file, so a second `make demo` only prints the results again.
DEMO := out/demo
DEMO_FLAGS ?= --beta 6 --steps 560

demo: $(DEMO)/codes.safetensors $(DEMO)/traverse.png | $(READY) ## make data, train, score, draw a picture (ten minutes)
	@echo; echo '5/6 Total correlation and its companions, exact (half a minute)'
	$(TCVAE) estimate-tc $(DEMO)/codes.safetensors --format table
	@echo; echo '6/6 Mutual information gap, exact (half a minute)'
	$(TCVAE) mig $(DEMO)/codes.safetensors --factors $(DEMO)/dsprites.h5 --format table
	@echo; echo 'Now open $(DEMO)/traverse.png: it shows what each latent has learned.'

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

.PHONY: demo
