"""Schema of the group `outcome`: from burnt area to loss, and from response time to deaths."""

from __future__ import annotations

from dataclasses import dataclass

from sim.config.fields import fraction, number, refuse_missing, value, vector
from sim.errors import SimError
from sim.terms import FIRE_TYPES


@dataclass(frozen=True)
class CurvesConfig:
    """Relative risk of death by minutes from the call to the first capable arrival."""

    phi: float = fraction("curve A: preventable share at once", "phi")
    tau_a_min: float = number("curve A: time scale", "min", 0.1, 200, "tau_A")
    tau_b_min: float = number("curve B: time scale", "min", 0.1, 200, "RR_B(t)")
    slope_c: float = number("curve C: relative change per minute", "/min", 0, 1, "RR_C(t)")
    zero_c_min: float = number("curve C: minutes at which the risk is 1", "min", 0, 60, "RR_C(t)")


@dataclass(frozen=True)
class OutcomeConfig:
    """Loss and life. The two calibrations are measured on scenario 2023 by `python -m experiments.calibration`."""

    deaths_per_year: float = number("mean fire deaths a year in scenario 2023", "/yr", 0, 1000, "D_zj")
    victims: tuple[float, ...] = vector(
        "shares of fatal fires with 1, 2, 3, … victims", "-", 0, 1, None, "n_vic"
    )
    curves: CurvesConfig = value("response time to risk")
    type_weight: dict[str, float] = number("deaths per fire by type, relative", "-", 0, 1000, "d_res")
    elderly_risk: float = number("risk of people aged 60 or more against others", "x", 0.1, 50, "rr60")
    usual_discovery_min: float = number(
        "discovery time that the risk curves include", "min", 0, 60, "t_disc_d"
    )
    day_risk: float = number("risk at 10-20 h against the mean", "x", 0.1, 50, "rr_day")
    night_risk: float = number(
        "risk at 0-6 h beyond late discovery, against the mean", "x", 0.1, 50, "m_rr_night"
    )
    other_risk: float = number("risk at 6-10 h and 20-24 h against the mean", "x", 0.1, 50, "rr_oth")
    detector_effect: float = number("change of the risk with a linked detector", "-", -1, 0, "r_alarm")
    baseline_risk: dict[str, float] = number(
        "mean yearly sum of relative risks in scenario 2023, by curve", "-", 1e-9, 1e12, "m_calibration"
    )
    no_service_min: float = number("minutes assumed where nobody capable came", "min", 1, 600, "m_no_service")
    loss_mean_cny: float = number("mean direct loss of a fire in scenario 2023", "CNY", 0, 1e9, "L_mean")
    baseline_loss_cny: float = number(
        "mean loss of a fire in scenario 2023 before calibration", "CNY", 1e-9, 1e12, "m_calibration"
    )
    loss_per_m2: dict[str, float] = number("loss per burnt area by type", "CNY/m2", 0, 1e6, "l_m2")
    loss_sd_log: float = number("spread of the loss per area (log)", "-", 0, 3, "m_loss_sd")
    loss_base_cny: dict[str, float] = number(
        "loss of a fire before any area counts, by type", "CNY", 0, 1e9, "m_loss_base"
    )
    target_rate: float = number(
        "target of the plan: deaths per 100,000 a year, strictly below", "/100k/yr", 0, 10, "kpi_death"
    )
    within_min: tuple[float, ...] = vector(
        "shares are reported within these minutes", "min", 0.1, 600, None, "t_rur"
    )

    def check(self, path: str) -> None:
        """Refuse tables with a type or curve left out, and victims that do not make a whole."""
        if abs(sum(self.victims) - 1) > 1e-6:
            raise SimError(f"{path}.victims must be shares that add up to 1, found {list(self.victims)}.")
        for name in ("type_weight", "loss_per_m2", "loss_base_cny"):
            refuse_missing(f"{path}.{name}", getattr(self, name), FIRE_TYPES)
        refuse_missing(f"{path}.baseline_risk", self.baseline_risk, ("a", "b", "c"))
