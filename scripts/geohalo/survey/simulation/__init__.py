"""The parts of the simulated survey: layout, geology, faults and the tables of geochemical signatures."""
