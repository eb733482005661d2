"""What a person wrote in a form and no flow can map: the order fails, an operator corrects the value on the page, sees what would
be created, goes on, and the order is in the ERP. Another stays as it is, to be looked at."""
import json
import urllib.parse

HOME = "/system/integrations"
FLOW = """
[[flows]]
id = "ding-orders"
name = "钉钉销售订单"
kind = "document"
erp = "b1-main"
oa = "ding-sandbox"
object = "Orders"
lines = "DocumentLines"

[flows.form]
template = "PROC-ORDER"
fields = [{{ from = "客户", to = "CardCode", required = true }}]

[flows.form.lines]
from = "明细"
fields = [{{ from = "物料", to = "ItemCode" }}, {{ from = "数量", to = "Quantity", format = "number" }}]
"""
PLACE = "明细[1].数量"


def approved(site, quantity):
    """A form of two lines that people approved, the second of this quantity."""
    def line(item, amount):
        return [{"name": "物料", "value": item}, {"name": "数量", "value": amount}]

    table = json.dumps([line("A-001", "5"), line("A-003", quantity)], ensure_ascii=False)
    made = site.by_hand("instances", {"process_code": "PROC-ORDER", "fields": [["客户", "C100"], ["明细", table]]})
    site.by_hand(f"instances/{made['instanceId']}/approve", {"remark": "同意"})
    return made["instanceId"]


def failed(visitor, until, instance):
    """The path of the page of the form's run, once it has failed."""
    page = visitor.page

    def there():
        visitor.go(f"{HOME}/runs?flow=ding-orders&status=failed&document={urllib.parse.quote(instance)}&since=24h")
        return page.locator("tbody tr").count() == 1

    until("the form's run has failed", there, 60)
    return page.locator("tbody th a").first.get_attribute("href")


def orders(site, instance):
    rows = site.by_hand("snapshot", None, "GET")["b1"]["documents"].get("Orders", [])
    return [row for row in rows if row.get("U_instanceID") == instance]


def correct(site, visitor, look, until):
    """One form is corrected; the page of the run of another, which waits, is given back."""
    page = visitor.page
    site.by_hand("documents/BusinessPartners", {"CardCode": "C100", "CardName": "宁波客户"})
    for item in ["A-001", "A-003"]:
        site.by_hand("documents/Items", {"ItemCode": item})
    instance = approved(site, "两打")
    own = failed(visitor, until, instance)
    visitor.go(own)
    told = visitor.text()
    assert "flow.mapping" in told and PLACE in told and "两打" in told, told
    page.locator("a.button", has_text="更正输入并重试").click()
    page.wait_for_url(f"**{own}/correct")
    assert page.locator("tbody tr").count() == 1 and "两打" in visitor.text(), visitor.text()
    look(visitor, "correct")
    place = page.get_by_label(PLACE)
    # The browser asks for what is left empty, the page for what cannot be mapped either.
    page.locator("button", has_text="查看更正结果").click()
    assert page.url.endswith("/correct") and place.evaluate("field => field.validity.valueMissing")
    place.fill("三打")
    page.locator("button", has_text="查看更正结果").click()
    page.wait_for_url("**/correct/review")
    assert page.locator("[role=alert]").count() == 1 and place.input_value() == "三打", visitor.text()
    look(visitor, "correct-refused")
    place.fill("24")
    page.locator("button", has_text="查看更正结果").click()
    page.locator("button", has_text="确认并重试").wait_for()
    assert (page.locator("del").inner_text(), page.locator("ins").inner_text()) == ("两打", "24"), visitor.text()
    assert "CardCode" in visitor.text() and "A-003" in visitor.text(), visitor.text()
    look(visitor, "correct-review")
    assert not orders(site, instance), "what is only looked at creates nothing"
    page.locator("button", has_text="确认并重试").click()
    page.wait_for_url(f"**{own}?done=correct")
    assert "更正已确认" in visitor.text(), visitor.text()
    until("the order is created", lambda: visitor.go(own) and "成功" in page.locator("h1").inner_text())
    made = orders(site, instance)
    assert [[line["ItemCode"], float(line["Quantity"])] for line in made[0]["DocumentLines"]] == [["A-001", 5], ["A-003", 24]], made
    assert len(made) == 1 and page.locator("a[href$='/correct']").count() == 0, visitor.text()
    assert "两打" in visitor.text(), "the history has what stood there"
    look(visitor, "corrected")
    visitor.go(f"{HOME}/audit")
    assert "correct-run" in visitor.text(), visitor.text()
    print("a value of a form could not be mapped; it was corrected, reviewed and confirmed, and the order is there once")
    return failed(visitor, until, approved(site, "一箱"))


def at_width(visitor, look, width, run):
    """Its pages at a width, in English."""
    page = visitor.page
    visitor.go(f"{run}/correct?lang=en")
    look(visitor, f"correct-{width}")
    page.get_by_label(PLACE).fill("12")
    page.locator("button", has_text="Show what it would change").click()
    page.locator("button", has_text="Confirm and retry").wait_for()
    look(visitor, f"correct-review-{width}")
    visitor.go(f"{HOME}?lang=zh")
