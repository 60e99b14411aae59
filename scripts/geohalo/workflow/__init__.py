"""What ties the library to Snakemake: jobs, their logs and checksums, resources, locks, sources."""
