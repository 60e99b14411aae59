"""GeoHalo: from a geochemical survey and known deposits to an anomaly map with held-out evidence."""
