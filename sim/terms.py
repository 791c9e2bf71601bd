"""The field's standard terms, in the fixed order in which tables and arrays use them."""

FIRE_TYPES = ("residential_fire", "highrise_fire", "premises_fire", "vehicle_fire", "outdoor_fire")
RESCUE_TYPES = ("traffic_rescue", "hazmat_rescue", "water_rescue", "mountain_rescue", "other_rescue")
OTHER_TYPES = ("social_assistance", "standby", "false_alarm")
TYPES = FIRE_TYPES + RESCUE_TYPES + OTHER_TYPES
BUILDING_FIRES = ("residential_fire", "highrise_fire", "premises_fire")

TIERS = ("professional", "township", "volunteer", "micro", "patrol", "drone", "civil")
SETTINGS = ("urban", "town", "plain", "mountain")

# Vehicles of the fire service proper, then what the other tiers bring.
APPLIANCES = ("engine", "tanker", "ladder", "rescue", "hazmat", "support")
SPECIALTIES = ("chemical", "highrise", "water", "mountain", "earthquake")
SPECIALISTS = tuple(f"{name}_team" for name in SPECIALTIES)
KINDS = (*APPLIANCES, *SPECIALISTS, "pump", "foot", "patrol", "drone", "civil")

# What a run card can ask for, and which kinds provide it, the plainest first.
PROVIDERS: dict[str, tuple[str, ...]] = {
    "engine": ("engine", "pump", "tanker"),
    "tanker": ("tanker",),
    "ladder": ("ladder",),
    "rescue": ("rescue",),
    "hazmat": ("hazmat",),
    "support": ("support",),
    "water_rescue": ("rescue", "civil"),
    "mountain_rescue": ("rescue", "civil"),
    "crew": ("engine", "pump", "rescue", "tanker"),
    **{team: (team,) for team in SPECIALISTS},
}
CAPABILITIES = tuple(PROVIDERS)
PUMPS = ("engine", "tanker", "pump")  # carry water and a pump; a patrol car's extinguisher is no pump

GROWTH_CLASSES = ("slow", "medium", "fast", "ultrafast")
STATION_CLASSES = ("special", "class1", "class2", "small", "logistics")
COVERAGES = ("nominal", "reach", "demand")  # definitions of station coverage
