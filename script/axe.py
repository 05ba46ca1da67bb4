"""axe-core in a page that is open, whatever the page's content security policy."""

from pathlib import Path

from playwright.sync_api import Page

SOURCE = Path(__file__).resolve().parent.parent / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => {
  const found = await axe.run({ exclude: [".swagger-ui"] }, { resultTypes: ["violations"] });
  return found.violations
    .filter((each) => ["serious", "critical"].includes(each.impact))
    .flatMap((each) => each.nodes.map((node) => `axe: ${each.id} at ${node.target.join(" ")}`));
}"""


def serious_faults(page: Page) -> list[str]:
    """Return what axe finds serious or critical in the page as it is shown now: rule and place.

    What Swagger UI draws is not ours to mend.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(SOURCE.read_text("utf-8"))
    return page.evaluate(RUN)
