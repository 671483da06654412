# A figure or table is whatever has a line `reproduce-NAME: ## text` in recipes/; RESULTS_NAME are the files that it is
# made from. Its page is written by recipes/NAME.py; the list of their paths is a file, one a line, since thousands fit
# on no command line.
FIGURES := out/$(PROFILE)/figures
NAME = $(@:reproduce-%=%)
LINES = $(FIGURES)/$(NAME).jsonl
define page
$(shell mkdir -p $(FIGURES))$(file >$(FIGURES)/$(NAME).list,$(call one_a_line,$(filter %.json,$(RESULTS_$(NAME)))))
$(INTERPRETER) recipes/$(NAME).py $(FIGURES)/$(NAME)
endef

# $(call picture,KIND ARGUMENTS) is what `tcvae plot` draws.
define picture
$(TCVAE) plot $1 -o $(FIGURES)/$(NAME).pdf
$(TCVAE) plot $1 -o $(FIGURES)/$(NAME).png
endef

# The last line of every figure: a figure that was drawn without some of its results counts as a failure.
complete = @$(INTERPRETER) recipes/complete.py $(FIGURES)/$(NAME)

# $(call figure,KIND ARGUMENTS) is the whole recipe where the picture is drawn from the results alone.
define figure
$(page)
$(call picture,$1 $(LINES))
$(complete)
endef

# DATA_NAME := chairs says that figure NAME needs data that only a user can bring: have_chairs tells whether they are
# there, and needs_chairs says what to do. With STANDIN=1 the figure does without them.
ALL_FIGURES := $(filter-out all report,$(shell sed -n 's/^reproduce-\([A-Za-z0-9-]*\):.*/\1/p' recipes/*.mk))
possible = $(if $(DATA_$1),$(or $(have_$(DATA_$1)),$(STANDIN)),yes)
FIGURES_HERE = $(foreach name,$(ALL_FIGURES),$(if $(call possible,$(name)),$(name)))
FIGURES_LEFT_OUT = $(filter-out $(FIGURES_HERE),$(ALL_FIGURES))

# The steps of a figure, each of which is a target too: recipes/runs.mk.
steps_of = $(addprefix $1-reproduce-,all $(ALL_FIGURES))
$(ALL_FIGURES:%=reproduce-%): measured
$(call steps_of,list): list
$(call steps_of,data): data
$(call steps_of,sweep): swept

# One after the other, for each step uses the whole machine. The report is of the figures that there are, even if one of
# them fails.
reproduce-all: ## make every figure and table of the profile, then the report (some 470 runs, a night)
	@$(foreach name,$(FIGURES_LEFT_OUT),echo 'Left out: $(name), which needs $(needs_$(DATA_$(name)))';) true
	+@exec $(MAKE) -k -j1 $(FIGURES_HERE:%=reproduce-%) reproduce-report

reproduce-report: | $(READY) ## put all pages of the profile into one HTML file, under a table of all claims (a second)
	$(INTERPRETER) recipes/report.py $(FIGURES) $(ALL_FIGURES)

smoke: | $(READY) ## make every figure and table in its tiniest form, then the report (under ten minutes)
	+@exec $(MAKE) PROFILE=smoke STANDIN=1 reproduce-all

.PHONY: reproduce-all reproduce-report smoke $(ALL_FIGURES:%=reproduce-%)
.PHONY: $(foreach step,list data sweep,$(call steps_of,$(step)))
