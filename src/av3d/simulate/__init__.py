"""Makes logs with known truth: a street at a crossing, seen by a LiDAR and four cameras."""
