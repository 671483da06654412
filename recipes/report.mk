# All figures at once, and their pages as one file. A figure is whatever has a line `reproduce-NAME: ...` in recipes/.
ALL_FIGURES := $(filter-out all report,$(shell sed -n 's/^reproduce-\([A-Za-z0-9-]*\):.*/\1/p' recipes/*.mk))
# DATA_NAME := chairs says that figure NAME needs data which only a user can bring: have_chairs tells whether they are there,
# needs_chairs what to do. STANDIN=1 does without.
possible = $(if $(DATA_$1),$(or $(have_$(DATA_$1)),$(STANDIN)),yes)
FIGURES_HERE = $(foreach name,$(ALL_FIGURES),$(if $(call possible,$(name)),$(name)))

# The report is made of whatever figures there are, even if one of them fails.
reproduce-all: ## every figure and table of the profile, then the report (some 150 runs, a night)
	@$(foreach name,$(filter-out $(FIGURES_HERE),$(ALL_FIGURES)),echo 'Left out: $(name), which needs $(needs_$(DATA_$(name)))';) true
	+@$(MAKE) $(addprefix reproduce-,$(FIGURES_HERE)) && fails= || fails=1; $(MAKE) reproduce-report && test -z "$$fails"

reproduce-report: | $(READY) ## what has been made of the profile, as one HTML file (a second)
	$(VENV)/bin/python recipes/report.py $(FIGURES) $(ALL_FIGURES)

smoke: | $(READY) ## every figure and table in its tiniest form, then the report (under ten minutes)
	@fails=; started=$$SECONDS; times=; \
	for name in $(ALL_FIGURES); do \
	    begun=$$SECONDS; \
	    $(MAKE) PROFILE=smoke STANDIN=1 reproduce-$$name && word= || { word=' failed'; fails=1; }; \
	    times+=$$(printf '%6d s  %s%s' $$((SECONDS - begun)) $$name "$$word")$$'\n'; \
	done; \
	$(MAKE) PROFILE=smoke STANDIN=1 reproduce-report || fails=1; \
	printf '%s%6d s  in all\n' "$$times" $$((SECONDS - started)); test -z "$$fails"

.PHONY: reproduce-all reproduce-report smoke
