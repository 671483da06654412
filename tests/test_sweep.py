"""`tcvae sweep`: many runs in one folder, the same bytes as one at a time."""

import pytest

from tcvae_cli.errors import ArgumentError
from tcvae_cli.verbs.sweep_grammar import path_of, settings_in, values_in


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("beta", "1,2.5,1e2", [1.0, 2.5, 100.0]),
        ("seed", "0..3", [0, 1, 2, 3]),
        ("seed", "0..2,20,1", [0, 1, 2, 20]),
        ("beta", "1..3", [1.0, 2.0, 3.0]),
        ("objective", "vae, beta-vae,vae", ["vae", "beta-vae"]),
        ("seed", range(2), [0, 1]),
        ("beta", 4, [4.0]),
    ],
)
def test_a_list_has_each_value_once_in_its_order(name: str, text: object, values: list[object]) -> None:
    assert values_in(name, text) == values


@pytest.mark.parametrize("text", ["", "1,", "1,,2", "3..1", "a", "0..99999999", "1.5", "1_0", "0...3"])
def test_what_is_no_list_of_seeds_is_refused(text: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        values_in("seed", text)
    assert refused.value.where == "seed"


@pytest.mark.parametrize(
    "path",
    [
        "beta-tcvae/beta_6/seed_0",
        "infogan/architecture_conv/latents_5/batch-size_64/steps_6000/seed_2",
        "beta-tcvae/beta_6/alpha_0/estimator_mss/seed_1",
        "vae/learning-rate_0.001/seed_1",
        "factorvae/beta_35/epochs_100/seed_0",
    ],
)
def test_a_path_is_the_settings_and_they_are_the_path(path: str) -> None:
    assert path_of(settings_in(path)) == path


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "/etc/passwd",
        "beta-tcvae/../../x",
        "vae/colour_3",
        "vae/batch_size_3",
        "vae/seed_1/seed_2",
        "vae//seed_1",
    ],
)
def test_what_is_no_path_of_a_run_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        settings_in(path)
