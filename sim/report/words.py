"""Every sentence of a report, in English and Chinese."""

from __future__ import annotations

import re

from sim.plots.labels import Label
from sim.report.study import Language

WORDS = {
    "title": Label("Fire and rescue response: {name}", "消防救援响应模拟报告：{name}"),
    "made": Label(
        "{runs} runs, {replications} replications each, {days} days, {incidents} incidents simulated",
        "{runs}个情景，每个重复{replications}次，每次{days}天，共模拟警情{incidents}起",
    ),
    "question": Label("The question", "研究问题"),
    "question_years": Label(
        "How do the vehicle, patrol-car and drone-nest rollouts of the plan, and its every other "
        "commitment that touches response, change how fast and how well help arrives, year by year? Each "
        "scenario is the state at the END of its year. All scenarios meet the same incidents, with the "
        "same luck, so that they differ by what is in force alone.",
        "规划中的消防车辆、应急消防巡逻车、无人机机巢以及其他影响响应的各项承诺，逐年如何改变救援力量到场"
        "的速度与质量？每个情景表示该年年末的状态。各情景面对同样的警情和同样的随机条件，差别仅来自已落实"
        "的措施。",
    ),
    "question_keys": Label(
        "What changes when these keys of the configuration change, everything else equal: {keys}?",
        "在其他条件不变时，改变以下配置项会带来什么影响：{keys}？",
    ),
    "question_same": Label(
        "The runs have one configuration: what differs between them is chance alone, or nothing.",
        "各次运行的配置相同，差别仅来自随机性，或没有差别。",
    ),
    "force": Label("What was in force", "已落实的措施"),
    "force_note": Label(
        "Level at the end of the year, by measure, with the clause of the policy behind it; “–” is not "
        "in force. Dates and levels that the policy does not give are assumptions (see the last table).",
        "各项措施在年末的水平及其政策条款；“–”表示尚未落实。政策未给出的时间与水平为假设（见文末表格）。",
    ),
    "works_note": Label(
        "The clauses on 智慧新城二级站, 柯城双港小型站 and 智慧新城小型站 promise the START OF WORKS, not an opening; "
        "with delivery=promised each counts as a station at the end of that year.",
        "关于智慧新城二级站、柯城双港小型站和智慧新城小型站的条款承诺的是开工，而非启用；delivery=promised时按该年年末"
        "已启用计算。",
    ),
    "measure": Label("Measure", "措施"),
    "clause": Label("Clause", "条款"),
    "scoreboard": Label("Scoreboard", "目标对照"),
    "scoreboard_note": Label(
        "What is given follows from the plan and its delivery, what is found comes from the runs, with the range of "
        "95 % (deaths: of what so many years would show). Below it the target and the verdict; empty where the plan "
        "promises nothing yet.",
        "设定值由规划及其落实方式得出，模拟值由运行得出，并给出95%范围（死亡率为相应年数内可能观察到的范围）；"
        "其下为目标与结论，规划尚未承诺时为空。",
    ),
    "scoreboard_none": Label(
        "These runs carry no table of the plan's numbers (targets.csv). What can be told is the "
        "death-rate target:",
        "本次运行未附规划指标表（targets.csv）。可以判断的是死亡率目标：",
    ),
    "scoreboard_rate": Label(
        "Chance of a fire death rate below the plan's target over 1, 3 and 5 years, with its 95 % "
        "interval, by risk curve (A default; B and C the alternatives).",
        "火灾死亡率在1年、3年和5年内低于规划目标的概率及95%区间，按风险曲线列出（A为默认，B、C为备选）。",
    ),
    "curve": Label("Curve", "曲线"),
    "years": Label("Years", "年数"),
    "to": Label("to", "至"),
    "headline": Label("Headline indicators", "主要指标"),
    "headline_note": Label(
        "Mean over replications ± half the 95 % interval; below it the difference from {baseline} with "
        "its 95 % interval, {method}. Bold with *: p < 0.05 after Holm's adjustment over the comparisons "
        "of one indicator.",
        "重复均值±95%区间半宽；其下为相对{baseline}的差值及95%区间（{method}）。加粗并带*：经Holm法对同一"
        "指标的各次比较校正后p<0.05。",
    ),
    "paired": Label("paired by replication (Student)", "按重复配对，Student法"),
    "welch": Label("unpaired where workloads differ (Welch)", "工作量不同者不配对，Welch法"),
    "indicator": Label("Indicator", "指标"),
    "gain": Label(
        "The pairing made the variance of the differences {gain} times smaller (median over the "
        "indicators of the table): independent runs would need that many times the replications.",
        "配对使差值方差缩小为原来的1/{gain}（表中指标的中位数）：若不配对，需要同样倍数的重复次数。",
    ),
    "precision": Label(
        "Precision of {run} with {n} replications: {widths}.", "{run}重复{n}次的精度：{widths}。"
    ),
    "precision_more": Label(
        " About {more} replications would bring all of them to ±{aim} %.",
        "约{more}次重复可使各项均达到±{aim} %。",
    ),
    "map": Label("Map of townships and stations", "乡镇与消防站地图"),
    "map_note": Label(
        "Move the slider to change the scenario; choose the indicator and whether its value or its "
        "change against {baseline} is shown; point at a township for its numbers. Values are means over "
        "replications of each replication's own statistic, over all incidents of the township. A colour "
        "fills the 1-km cells of a township.",
        "拖动滑块切换情景；选择指标，以及显示数值或相对{baseline}的变化；将鼠标移到乡镇上查看数值。数值为"
        "各次重复统计量的均值，包含该乡镇全部警情。颜色填充该乡镇的1公里网格。",
    ),
    "map_indicator": Label("Indicator", "指标"),
    "map_shows": Label("Show", "显示"),
    "map_value": Label("value", "数值"),
    "map_change": Label("change against the baseline", "相对基准的变化"),
    "map_scenario": Label("Scenario", "情景"),
    "map_interval": Label("95 % interval", "95%区间"),
    "map_people": Label("residents", "常住人口"),
    "map_none": Label("no incident", "无警情"),
    "map_open": Label("fire station, in service", "消防站（已启用）"),
    "map_counted": Label(
        "the plan promises the start of works; counted as open", "规划承诺开工，此处计为启用"
    ),
    "map_lagged": Label(
        "the plan promises the start of works; in service after the lead time",
        "规划承诺开工，经建设期后启用",
    ),
    "map_planned": Label("the plan promises the start of works; not in service", "规划承诺开工，尚未启用"),
    "map_proposed": Label(
        "the model's own proposal, not the plan's; counted as open", "模型自行提出（非规划），此处计为启用"
    ),
    "map_filled": Label("fire station, in service or counted as open", "消防站（已启用或计为启用）"),
    "map_hollow": Label("start of works promised, not in service", "规划承诺开工，尚未启用"),
    "map_diamond": Label("the model's own proposal", "模型自行提出的站点"),
    "map_print": Label(
        "On paper the map shows the scenario chosen last on the screen.",
        "打印时地图显示屏幕上最后选择的情景。",
    ),
    "pictures": Label("Pictures", "图表"),
    "method": Label("Method", "方法"),
    "assumptions": Label("Parameters and assumptions", "参数与假设"),
    "assumptions_note": Label(
        "Every parameter that the configuration takes from the book, with its confidence. {count} of "
        "{all} are assumptions: conclusions that hang on them should be swept over their range before "
        "they are believed. The value is the book's; a run's own values are in its config.yaml.",
        "配置取自参数手册的全部参数及其可信度。其中{count}项（共{all}项）为假设：依赖这些假设的结论，应先"
        "在其取值范围内做敏感性分析。此处为手册取值；每次运行的实际取值见其config.yaml。参数名称与来源沿"
        "用手册英文原文。",
    ),
    "confidence": Label("Confidence", "可信度"),
    "name": Label("Parameter", "参数"),
    "value": Label("Value", "取值"),
    "range": Label("Range", "范围"),
    "source": Label("Source", "来源"),
    "reproduce": Label("How to reproduce it", "如何复现"),
    "reproduce_note": Label(
        "The same commands with the same versions give the same tables, byte for byte, whatever the "
        "number of workers.",
        "在相同版本下执行相同命令，结果表逐字节一致，与并行进程数无关。",
    ),
    "unknown_command": Label(
        "configuration of another version: see its config.yaml",
        "其他版本的配置：见其config.yaml",
    ),
    "run": Label("Run", "运行"),
    "command": Label("Command", "命令"),
    "seed": Label("Seed", "随机种子"),
    "replications": Label("Replications", "重复次数"),
    "digests": Label("Digest of configuration / workload", "配置/工作量摘要"),
    "commit": Label("Commit", "代码版本"),
    "versions": Label("Versions", "软件版本"),
    "skipped": Label("Folders passed over: {list}", "已跳过的文件夹：{list}"),
    "changed_code": Label("with uncommitted changes", "含未提交的修改"),
    "seconds": Label("Wall time (s)", "用时（秒）"),
}

METHOD = (
    Label(
        "A discrete-event simulation: each replication is a year of incidents (calls with type, "
        "severity, place and hour) answered by the 119 centre, professional stations, township and "
        "volunteer teams, micro stations, patrol cars, drones and civil teams, unit by unit.",
        "离散事件仿真：每次重复为一整年的警情（类型、严重程度、地点、时刻），由119指挥中心、国家消防站、"
        "乡镇专职队、志愿队、微型站、巡逻车、无人机和民间救援队逐车处置。",
    ),
    Label(
        "Common random numbers: a replication's incidents and all their draws are the same in every "
        "scenario of one demand, seed and region, so differences are paired by replication.",
        "公共随机数：在同一需求、种子和区域下，每次重复的警情及其全部随机数在各情景中相同，因此差值按重复"
        "配对。",
    ),
    Label(
        "A measure acts on a mechanism (a unit that exists, a delay that is removed, a chance that "
        "falls); nothing subtracts a percentage from a response time.",
        "措施只作用于机制（新增力量、取消延误、降低概率），不直接从响应时间中扣减百分比。",
    ),
    Label(
        "First capable arrival: at least 4 crew and a pump at fires, the right kind of unit at rescues. "
        "A unit that is recalled after an early size-up does not arrive; at small fires this can delay "
        "the first capable arrival without harm.",
        "首个有效力量：火灾为至少4人并带泵，救援为对应类型的力量。经提前侦察后途中返回的力量不计到场，因"
        "此小火的首个有效力量到场时间可能变长而无损害。",
    ),
    Label(
        "Expected deaths follow from the time to the first capable arrival by three published shapes of "
        "the risk (A, B, C), calibrated to a stated mean of deaths in scenario 2023; losses from burnt "
        "area.",
        "预期死亡人数由首个有效力量到场时间按三种文献风险曲线（A、B、C）计算，并按2023情景给定的年均死亡"
        "人数校准；损失由过火面积得出。",
    ),
    Label(
        "Intervals are 95 % over replications. They say how well the simulation is averaged, not how "
        "well the model knows the world: that is in the confidence of the parameters.",
        "区间为重复间的95%区间，只说明模拟平均的精度；模型对现实的把握程度见参数可信度。",
    ),
)

MEASURES = {
    "patrol_cars": Label("Patrol cars", "应急消防巡逻车"),
    "drone_nests": Label("Drone nests", "无人机机巢"),
    "platform": Label("Air-ground platform", "空地一体平台"),
    "unified_dispatch": Label("Unified dispatch", "119统一调度"),
    "specialist_kit": Label("Specialist teams' kit", "专业队装备"),
    "command_post": Label("Field command post", "前沿指挥部"),
    "career": Label("Presence of full-time crews", "专职人员在岗"),
    "township_teams": Label("Further township teams", "新增乡镇专职队"),
    "urban_water": Label("Hydrants and urban water", "市政消火栓与供水"),
    "park_water": Label("Water of industrial parks", "园区消防供水"),
    "rural_water": Label("Water intakes of villages", "农村取水点"),
    "fire_lanes": Label("Fire lanes cleared", "生命通道"),
    "elderly_alarms": Label("Detectors for the elderly", "老年人家庭烟感"),
    "monitoring": Label("Linked detection", "智慧消防监测"),
    "awareness": Label("Fire-safety awareness", "消防安全知晓率"),
    "key_premises": Label("Ignitions avoided in premises", "重点场所整治"),
    "extra_stations": Label("Further stations (proposed)", "新增消防站（模型建议）"),
    "stations.zhihui_class2": Label("Station 智慧新城二级站, start of works", "智慧新城二级站（开工）"),
    "stations.shuanggang_small": Label("Station 柯城双港小型站, start of works", "柯城双港小型站（开工）"),
    "stations.zhihui_small": Label("Station 智慧新城小型站, start of works", "智慧新城小型站（开工）"),
}

# Words of the level of a measure (`sim.world.plan.in_force`), the longest first.
LEVELS = {
    "counted as open": "计为启用", "not in use": "未启用", "per brigade": "每大队", "not open": "未启用",
    "serviceable": "完好率", "in use": "已启用", "coverage": "覆盖率", "points": "取水点", "share": "比例",
    "level": "水平", "before": "此前", "open": "启用",
}  # fmt: skip

# What must be said beside a measure (`sim.world.plan.in_force`): patterns and their Chinese.
NOTES = {
    r"the clause promises the start of works, not the opening": "条款承诺的是开工，而非启用",
    r"in service ([\d.]+) \(([\d.]+) months after it\)": r"\1年启用（开工后\2个月）",
    r"the model's own proposal: the clause names a share of coverage, no sites": (
        "模型自行提出：条款只给出覆盖率，未给出站址"
    ),
    r"([\d.]+) months late": r"推迟\1个月",
    r"switched off": "已关闭",
    r"; ": "；",
}

CONFIDENCE = {
    "assumption": "假设",
    "literature": "文献",
    "standard": "标准",
    "from memory": "经验",
    "seed": "政策原文",
}


def text(key: str, language: Language, **values: object) -> str:
    """Return a sentence in a language with its values put in."""
    label = WORDS[key]
    return (label.zh if language == "zh" else label.en).format(**values)


def note(words: str, language: Language) -> str:
    """Return what must be said beside a measure in a language; words that are not known stay as they are."""
    if language == "zh":
        for pattern, chinese in NOTES.items():
            words = re.sub(pattern, chinese, words)
    return words


def level(words: str, language: Language) -> str:
    """Return the words of a measure's level in a language; words that are not known stay as they are."""
    if language == "en":
        return words
    words = re.sub(r" in (\d+ ?%) of replications", r"（\1的重复）", words)
    for english, chinese in LEVELS.items():
        words = words.replace(english, chinese)
    return words
