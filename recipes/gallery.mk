# The pictures of docs/gallery.md, drawn by the commands that stand in it, and that of the README.
GALLERY := out/gallery
GALLERY_RESULTS := $(patsubst %,results/laptop/figure%.jsonl,2 3 4 5)

gallery: $(DEMO)/page.html $(DEMO)/other.safetensors | $(READY) ## draw the pictures of docs/gallery.md anew (minutes)
	mkdir -p $(GALLERY)
	cp $(DEMO)/*.h5 $(DEMO)/*.safetensors $(DEMO)/*.jsonl $(GALLERY_RESULTS) $(GALLERY)
	cd $(GALLERY) && sed -n '/^```sh/,/^```/{/^```/d;p}' $(CURDIR)/docs/gallery.md \
	    | PATH="$(abspath $(VENV))/bin:$$PATH" bash -eux -o pipefail
	$(VENV)/bin/python recipes/palette.py $(GALLERY)/*.png docs/gallery

$(DEMO)/other.safetensors: $(DEMO)/hearts.h5 | $(READY)
	$(TCVAE) train --data $< --beta 6 --batch-size 128 --steps 400 -o $@

.PHONY: gallery
