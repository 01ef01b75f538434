"""Holds JUnit files against a schema.

usage: junit.py SCHEMA FILE…"""

import sys

from lxml import etree

schema = etree.XMLSchema(etree.parse(sys.argv[1]))
for name in sys.argv[2:]:
    document = etree.parse(name)
    schema.assertValid(document)
    for suite in document.getroot():
        cases = suite.findall("testcase")
        for attribute, element in [("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]:
            assert int(suite.get(attribute)) == sum(case.find(element) is not None for case in cases)
        assert int(suite.get("tests")) == len(cases) > 0
    print(f"{name.rsplit('/', 1)[-1]}: valid, {document.getroot().get('tests')} cases")
