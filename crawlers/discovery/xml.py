"""XML from strangers, read so that it can do no harm."""

from lxml import etree


def root_of(data: bytes) -> etree._Element | None:
    """The root element, as much of it as can be read; None where it is no XML at all.

    No entity of a document type is put in, nothing is loaded, and what is broken is passed over.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root: etree._Element | None = etree.fromstring(data.strip(), parser)
    except etree.XMLSyntaxError:
        return None
    return root


def name_of(element: etree._Element) -> str:
    """The element's name without its namespace, in lower case."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def text_of(element: etree._Element, *path: str) -> str:
    """The text of the first element at this path of names below `element`; "" where there is none."""
    for name in path:
        inner = next((each for each in element if name_of(each) == name), None)
        if inner is None:
            return ""
        element = inner
    return (element.text or "").strip()
