"""medreward_trainer: training with the rewards, and of the trajectory scorer. trainer/README.md is the map."""
