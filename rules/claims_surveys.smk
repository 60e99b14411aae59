"""No rules: the simulated surveys of the claims, which are alternatives of the config."""

from geohalo.evidence import claim_surveys


def claims_surveys(seed):
    """Return the scores of every condition of a seed, by (fault, strength)."""
    if "simulate" not in config:
        raise WorkflowError(
            "claims compares maps with the truth, which only a simulated survey has, and this config has no section "
            "'simulate'. Run it without --configfile."
        )
    section, folders = config["claims"], {}
    for fault, strength in claim_surveys.conditions(section["strengths"]):
        settings = alternative(
            config, claim_surveys.changes(section, fault, strength, seed), "section claims"
        )
        keys = register(
            settings,
            [name for name in BRANCHES if name not in KINDS],
            CONTROLS,
            ["held_out"],
            section["members"],
        )
        folders[fault, strength] = path("alternative_scores", key=keys["scores"])
    return folders


@functools.cache
def claims_scores(seed):
    """Return the same, worked out once."""
    return claims_surveys(seed)


def claims_scenarios():
    """Register every alternative of the claims, for whoever asks for one by its path."""
    for seed in claim_surveys.seeds(config["claims"]) if "simulate" in config else []:
        claims_scores(seed)


SCENARIOS.append(claims_scenarios)
