"""Words of the frame in the texts of the stress pages: `python -m benchmarks.stress` prints them.

`stress_extract.py` flags a page when its text has one of a few words of navigation, also where the
article itself has the word (its 青字号 holds 字号). Here a word counts only if the article has it not.
The script changes what a process logs and warns of, so that this runs in a process of its own.
"""

import importlib.util
import json
import re
import sys
from types import ModuleType

from benchmarks.adapters import extract
from benchmarks.corpus import folder

FRAME = (
    "版权所有", "ICP备", "字号", "打印", "分享到", "当前位置", "外交部", "国防部",
    "要闻动态", "政务公开", "业务工作", "机关党建", "互动交流", "专题专栏", "办事服务",
)  # fmt: skip
_TAG = re.compile(r"<[^>]+>")


def strange_words() -> dict[str, list[str]]:
    """By case, the words of the frame that the text has and the article has not."""
    script = _script()
    article = "".join(_TAG.sub("", script.body).split())
    found = {}
    for case, (page, _) in script.W.items():
        text = "".join((extract(page)["text"] or "").split())
        found[case] = [word for word in FRAME if text.count(word) > article.count(word)]
    return found


def _script() -> ModuleType:
    path = folder("measure") / "stress_extract.py"
    spec = importlib.util.spec_from_file_location("stress_extract", path)
    if not spec or not spec.loader:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.stdout.write(json.dumps(strange_words(), ensure_ascii=False))
