from hypothesis import settings

# A deadline would be a timed assertion: what is slow belongs in the benchmark.
settings.register_profile("project", deadline=None)
settings.load_profile("project")
