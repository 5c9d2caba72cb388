"""The plain way to build the same import, to compare with: a serializer, `filter(…__in)`,
`bulk_create(ignore_conflicts=True)` over a row for each membership. Benchmarks only."""
