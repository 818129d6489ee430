"""Other platforms: video and alarms that leave vigil in the protocols they speak."""
