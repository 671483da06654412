# The data of the figures, by profile. A part of a data set is named after it: dsprites-small.
DSPRITES_paper := dsprites
DSPRITES_laptop := dsprites
DSPRITES_smoke := dsprites-small
DSPRITES := $(DSPRITES_$(PROFILE))

# The faces are the open stand-in, unless FACES=basel_face_renders.pth names the paper's.
FACES_SET_paper := faces
FACES_SET_laptop := faces
FACES_SET_smoke := faces-small
FACES_SET := $(FACES_SET_$(PROFILE))

# 5,760 images: the same pictures, every eighth orientation and every fourth position.
out/data/dsprites-small.h5: out/data/dsprites.h5
	$(TCVAE) subset $< --keep-every orientation=8 --keep-every posX=4 --keep-every posY=4 -o $@

out/data/faces.h5: | $(READY)
	mkdir -p $(@D)
	$(TCVAE) prepare faces $(if $(FACES),--source $(FACES)) -o $@

# 360 images, always of the stand-in.
out/data/faces-small.h5: | $(READY)
	mkdir -p $(@D)
	$(TCVAE) prepare faces --identities 2 --azimuths 6 --elevations 5 --lightings 6 -o $@

# 231 images: all but azimuth and elevation fixed, light from the front; and sampled with the biases of figure 5.
ifdef FACES
out/data/faces231.h5: out/data/faces.h5
	$(TCVAE) subset $< --where identity=0 --where lighting=5 -o $@
else
out/data/faces231.h5: | $(READY)
	mkdir -p $(@D)
	$(TCVAE) prepare faces --identities 1 --lightings 1 -o $@
endif
out/data/faces231-%.h5: out/data/faces231.h5
	$(TCVAE) subset $< --bias $* --factors azimuth,elevation -o $@
