"""medreward_trainer: verl's side of medreward. Its rooms are not built yet."""
