"""The first result in Chinese, as README.zh.md shows it."""

from __future__ import annotations

from collections.abc import Mapping

from sim.config.groups.plan import ASSUMED
from sim.studies.attribution.groups import OTHER

PARTS = {
    "vehicles": "专业队车辆装备",
    "patrol_cars": "消防巡逻车",
    "drones": "无人机机巢及平台",
    "unified_dispatch": "119统一调度",
    "township_teams": "乡镇专职消防队",
    ASSUMED: "作用大小为直接设定的措施（接警处置、人员在岗、生命通道、报警器、知晓率等）",
    OTHER: "消防站与消防水源",
}


def sentences(
    year: int,
    times: Mapping[str, tuple[float, float, str]],
    gains: Mapping[str, float],
    sure: str,
) -> str:
    """Return the sentences: `times` are before, after and interval by subject, `gains` the minutes by part.

    `sure` is the share of the draws in which the first crew comes over two minutes sooner.
    """
    lines = []
    for subject, (before, after, spread) in times.items():
        moved = before - after
        told = (
            f"{'提前' if moved > 0 else '推迟'}{abs(moved):.1f}分钟" if abs(moved) >= 0.05 else "无明显变化"
        )
        lines.append(f"- {subject}平均{after:.1f}分钟，比2023年（{before:.1f}分钟）{told}{spread}；")
    order = sorted(gains, key=lambda part: -gains[part])
    brought = "，".join(f"{PARTS[part]}{gains[part]:.1f}分钟" for part in order if gains[part] >= 0.05)
    nothing = "、".join(PARTS[part] for part in order if gains[part] < 0.05)
    listed = "\n".join(lines).rstrip("；") + "。"
    teams = f"{gains['township_teams']:.1f}"
    reading = (
        f"- 到{year}年每个乡镇都有一支专职消防队，是对政策文件的一种解读，文件没有写数字；"
        f"不按此解读，少{teams}分钟。"
    )
    growth = "- 警情数和人口按2023年计。警情增长、人口老龄化时，预期死亡人数更高"
    how_sure = (
        f"- 把握程度：对未知的输入反复抽样，与已公布数据相符的样本中，首个有效力量提前2分钟以上的占{sure}"
    )
    return f"""\
到{year}年底，建筑火灾和人身救援警情中：

{listed}

首个有效力量提前的时间来自：{brought}。{nothing}对这一时间无明显作用。

使用前请注意：

{reading}
{growth}（[对照表](results/reference/growth.md)，英文）。
{how_sure}（[uncertainty.md](docs/uncertainty.md)，英文）。"""
