"""A small plan and its witnesses, written for the tests of the report."""

import random
import re

from pipelines.repair import find_repairs
from pipelines.report import Identity, PageLink, WitnessText

PLAN = """“十五五”沿江湿地保护行动方案
湿地是重要的生态系统，保护沿江湿地对于改善水质和维护生物多样性具有重要意义。为统筹推进沿江湿地保护工作，特制定本方案。
一、总体要求
坚持保护优先、科学修复、合理利用，统筹上下游、左右岸关系，完善湿地保护制度。到2030年，沿江湿地保护率达到62%，新建国家湿地公园15处。
二、重点任务
（一）加强湿地调查监测。
1. 建立湿地资源数据库。组织开展沿江湿地资源调查，摸清湿地类型、面积和分布，建立统一的\
湿地资源数据库，定期发布监测公报。
2. 完善水鸟监测网络。在主要湖泊和河口布设水鸟监测站点，开展越冬水鸟同步调查，\
共享监测数据，及时掌握水鸟种群变化。
（二）实施退化湿地修复。
1. 恢复江豚栖息环境。推进岸线整治和水系连通，控制采砂活动，恢复水生植被，改善江豚等珍稀物种的栖息环境。
2. 治理外来入侵植物。制定互花米草等外来入侵植物防治方案，采取物理清除与生态替代相结合的措施，巩固治理成效。
三、保障措施
（一）加强组织领导。沿江各市林业主管部门要落实主体责任，会同水利、生态环境等部门建立协调机制，研究解决重大问题。
（二）强化资金保障。统筹各级财政资金支持湿地保护，鼓励社会资本参与湿地修复，建立长江湿地保护基金。
"""

ENGLISH = """Action Plan for the Protection of Wetlands along the River in the 15th Five-Year \
Plan Period
Wetlands are an important ecosystem, and protecting the wetlands along the river is of great \
significance for improving water quality and maintaining biodiversity. This plan is \
formulated in order to promote the protection of wetlands along the river as a whole.
I. General requirements
We will give priority to protection, scientific restoration and rational use, coordinate the \
relationship between upstream and downstream and between the two banks, and improve the \
wetland protection system. By 2030, the protection rate of wetlands along the river will \
reach 62%, and 15 national wetland parks will be built.
II. Key tasks
(1) Strengthen the survey and monitoring of wetlands.
1. Establish a database of wetland resources. We will organize surveys of the wetland \
resources along the river, find out the types, area and distribution of wetlands, establish a \
unified database of wetland resources, and publish monitoring bulletins regularly.
2. Improve the waterbird monitoring network. We will set up waterbird monitoring stations at \
major lakes and estuaries, carry out synchronous surveys of wintering waterbirds, share the \
monitoring data, and keep abreast of changes in waterbird populations.
(2) Restore degraded wetlands.
1. Restore the habitat of the finless porpoise. We will promote the improvement of shorelines \
and the connection of water systems, control sand mining, restore aquatic vegetation, and \
improve the habitat of rare species such as the finless porpoise.
2. Control invasive alien plants. We will formulate plans for the control of invasive alien \
plants such as smooth cordgrass, adopt measures combining physical removal and ecological \
replacement, and consolidate the results of the control.
III. Safeguard measures
(1) Strengthen organization and leadership. The forestry departments of the cities along the \
river shall fulfil their main responsibility, establish a coordination mechanism together \
with the departments of water conservancy and ecological environment, and study and solve \
major problems.
(2) Strengthen financial support. We will coordinate financial funds at all levels to support \
wetland protection, encourage social capital to participate in wetland restoration, and \
establish a wetland protection fund for the Yangtze River.
"""


def witness(
    name: str,
    text: str,
    *,
    language: str = "zh-Hans",
    published_at: str | None = None,
    links: tuple[PageLink, ...] = (),
) -> WitnessText:
    """A witness at an address of that name."""
    return WitnessText(
        identity=Identity(
            url=f"https://{name}.example/plan.html",
            document=name,
            version=name,
            capture=name,
            language=language,
            published_at=published_at,
        ),
        text=text,
        repairs=find_repairs(text, language),
        links=links,
    )


def hurt(text: str, chance: random.Random, times: int) -> str:
    """The text with that many kinds of damage that copies inherit: numbers, words, clauses, \
copies."""
    for _ in range(times):
        place = chance.randrange(30, len(text) - 120)
        kind = chance.choice(("number", "word", "clause", "again"))
        if kind == "number" and (found := re.compile(r"\d").search(text, place)):
            other = chance.choice([d for d in "123456789" if d != found[0]])
            text = text[: found.start()] + other + text[found.end() :]
        elif kind == "word":
            text = text[:place] + chance.choice("甲乙丙丁戊己庚辛壬癸") + text[place + 1 :]
        elif found := re.compile(r"(?<=[，。；\n])[^，。；\n]{4,40}[，。；]").search(text, place):
            again = found[0] if kind == "again" else ""
            text = text[: found.start()] + again * 2 + text[found.end() :]
    return text
