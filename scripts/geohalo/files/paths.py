"""The one table of the files of results: the rules and whoever opens a result take their paths from here."""

#: Files of a survey, below ``results/<survey>/``; what stands in braces is a wildcard.
FILES = {
    "simulated_samples": "simulated/samples.csv",
    "simulated_deposits": "simulated/deposits.csv",
    "simulated_geology": "simulated/geology.gpkg",
    "simulated_structures": "simulated/structures.gpkg",
    "simulated_magnetics": "simulated/magnetics.tif",
    "simulated_relief": "simulated/relief.tif",
    "truth": "simulated/truth.nc",
    "samples": "samples.parquet",
    "samples_report": "samples_report.csv",
    "check_page": "check.html",
    "check_text": "check.md",
    "check_table": "check.csv",
    "analyses": "analyses.parquet",
    "quality": "quality.csv",
    "quality_reference": "quality_reference.csv",
    "quality_duplicates": "quality_duplicates.csv",
    "unlevelled": "unlevelled/samples.parquet",
    "levelling": "levelling.csv",
    "levelling_error": "levelling_error.csv",
    "stage_warnings": "warnings/{stage}.csv",
    "warnings": "warnings.csv",
    "deposits": "deposits.parquet",
    "interpolation": "interpolation.json",
    "interpolation_table": "interpolation.csv",
    "realised_elements": "realisations/{realisation}/elements.nc",
    "realised_cube": "realisations/{realisation}/cube.nc",
    "realised_heldout": "realisations/{realisation}/runs/{variant}/{scales}/heldout.nc",
    "realised_members": "realisations/{realisation}/runs/{variant}/{scales}/members.pt",
    "realised_history": "realisations/{realisation}/runs/{variant}/{scales}/history.csv",
    "realised_pathfinders": "realisations/{realisation}/runs/{variant}/{scales}/pathfinders.csv",
    "realised_checkpoint": "realisations/{realisation}/runs/{variant}/{scales}/checkpoint.pt",
    "averaged_heldout": "realisations/heldout.nc",
    "realisations": "realisations.csv",
    "interpolation_spread": "maps/interpolation_spread.tif",
    "elements": "elements.nc",
    "elements_tile": "tiles/elements/{scatteritem}.nc",
    "labels": "labels.tif",
    "catchments": "catchments.nc",
    "catchment_summary": "catchments.csv",
    "covariates": "covariates.nc",
    "covariate_summary": "covariates.csv",
    "cube": "cube.nc",
    "superpixels": "superpixels/{n_segments}.tif",
    "superpixels_tile": "tiles/superpixels/{n_segments}/{scatteritem}.tif",
    "components": "superpixels/components.json",
    "graph": "graph/{n_segments}.npz",
    "folds_deposits": "folds/deposits.csv",
    "folds_table": "folds/{scheme}.csv",
    "folds_image": "folds/{scheme}.tif",
    "heldout": "runs/{variant}/{scales}/heldout.nc",
    "members": "runs/{variant}/{scales}/members.pt",
    "history": "runs/{variant}/{scales}/history.csv",
    "pathfinders": "runs/{variant}/{scales}/pathfinders.csv",
    "attention": "runs/{variant}/{scales}/attention.csv",
    "checkpoint": "runs/{variant}/{scales}/checkpoint.pt",
    "attribution": "attribution/{variant}.nc",
    "target_attribution": "target_attribution.csv",
    "target_neighbours": "target_neighbours.csv",
    "controls": "runs/controls/heldout.nc",
    "metrics": "metrics.csv",
    "deposit_ranks": "deposit_ranks.csv",
    "map_metrics": "map_evidence/metrics.csv",
    "map_ranks": "map_evidence/deposit_ranks.csv",
    "success_rate": "success_rate.csv",
    "calibration": "calibration.csv",
    "comparisons": "comparisons.csv",
    "type_evidence": "type_evidence.csv",
    "verdict": "verdict.md",
    "confusion": "confusion.csv",
    "ablation": "ablation.csv",
    "ablation_comparisons": "ablation_comparisons.csv",
    "ablation_ranks": "ablation_ranks.csv",
    "ablation_figure": "figures/ablation.png",
    "ablation_differences": "figures/ablation_differences.png",
    "sweep": "sweep.csv",
    "sweep_figure": "figures/sweep.png",
    "judged_map": "maps/judged.tif",
    "judged_deposits": "judged_deposits.csv",
    "judged": "judged.csv",
    "judged_comparisons": "judged_comparisons.csv",
    "judged_ranks": "judged_ranks.csv",
    "judged_success": "judged_success.csv",
    "judged_text": "judged.md",
    "judged_figure": "figures/judged.png",
    "judged_success_figure": "figures/judged_success.png",
    "effort": "maps/effort.tif",
    "map": "maps/{map}.tif",
    "figure": "figures/{figure}.png",
    "thresholds": "thresholds.csv",
    "targets": "targets.csv",
    "target_ground": "target_ground.csv",
    "fingerprints": "fingerprints.csv",
    "target_covariates": "target_covariates.csv",
    "pathfinder_summary": "pathfinders.csv",
    "target_package": "targets.gpkg",
    "target_project": "targets.qgs",
    "alternative_elements": "alternatives/elements/{key}",
    "alternative_cubes": "alternatives/cubes/{key}",
    "alternative_scores": "alternatives/scores/{key}",
    "consensus": "consensus.csv",
    "consensus_choices": "consensus_choices.csv",
    "agreement": "maps/agreement.tif",
    "consensus_figure": "figures/consensus.png",
    "transfer_cubes": "transfer/{source}/cubes",
    "transfer_levels": "transfer/{source}/levels.csv",
    "transfer_scores": "transfer/{source}/scores.nc",
    "transfer_history": "transfer/{source}/history.csv",
    "transfer_metrics": "transfer/{source}/metrics.csv",
    "transfer_map": "maps/transfer_{source}.tif",
    "transfer_table": "transfer.csv",
    "transfer_figure": "figures/transfer.png",
    "transfer_maps": "figures/transfer_maps.png",
    "claims": "claims.csv",
    "claims_seed": "claims/{seed}.csv",
    "claims_summary": "claims_summary.csv",
    "claims_verdicts": "claims_verdicts.csv",
    "claims_text": "claims.md",
    "claims_figure": "figures/claims.png",
    "report": "report.html",
}
#: Files across surveys, where a config lists several, below the working folder.
ACROSS = {
    "surveys": "results/surveys.csv",
    "surveys_figure": "results/surveys.png",
}
#: Files of the comparison of methods over several surveys.
BENCH = {
    "bench": "results/bench.csv",
    "bench_pooled": "results/bench_pooled.csv",
    "bench_text": "results/bench.md",
    "bench_figure": "results/bench.png",
}


def file_path(name: str, **wildcards: object) -> str:
    """Return the path of a file below the folder of its survey; wildcards that are not given stay open.

    Parameters
    ----------
    name : str
        A key of `FILES`, such as ``elements``.
    **wildcards : object
        What stands for the names in braces, such as ``scheme="held_out"``.

    Raises
    ------
    KeyError
        If there is no file of that name.
    """
    pattern = FILES[name]
    for key, value in wildcards.items():
        pattern = pattern.replace(f"{{{key}}}", str(value))
    return pattern
