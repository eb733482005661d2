"""A flow that is written on the page: no flow, what is connected, the mapping, one real document, stored, turned on, run,
approved in the OA; its mapping changed and the flow removed."""
import json

HOME = "/system/integrations"
TEMPLATE = "3WK7GOODSISSUE"
ID = "inventory-gen-exits-wecom-sandbox"


def control(*names):
    """The field of a control in the mapping's form."""
    return f"[name='map:{json.dumps(names, ensure_ascii=False, separators=(',', ':'))}']"


def matched(visitor):
    """The first page filled in, up to the mapping."""
    page = visitor.page
    visitor.go(HOME)
    page.locator("a.button[href$='/new-flow']").click()
    page.wait_for_url("**/new-flow")
    page.select_option("#erp", "b1-main")
    page.select_option("#object", "Drafts/InventoryGenExits")
    page.select_option("#oa", "wecom-sandbox")
    page.fill("#template", TEMPLATE)
    page.click("form[action$='/new-flow/mapping'] button")
    page.wait_for_url("**/new-flow/mapping")


def new_flow(site, visitor, look, until):
    page = visitor.page
    site.by_hand("drafts", {
        "object_code": "60", "fields": {"U_ISSYN": "N", "U_UserID": "zhangsan", "Comments": "第1批发货"},
        "lines": [{"ItemCode": "11028", "Quantity": 5}, {"ItemCode": "11029", "Quantity": 2.5}]})
    visitor.go(f"{HOME}/new-flow")
    look(visitor, "new-flow")
    matched(visitor)
    told = visitor.text()
    assert "智能映射" in told and "同义词" in told and "流需要的ERP字段" in told, told
    assert page.locator(control("Textarea-2")).input_value() == "Comments", told
    assert page.locator(control("Table-3", "Number-5")).input_value() == "Quantity", told
    page.fill(control("Text-1"), "DocEntry")
    look(visitor, "mapping")
    create_field(site, visitor, look)
    page.locator("form.mapping button", has_text="预览真实单据").click()
    page.wait_for_url("**/new-flow/preview")
    told = visitor.text()
    for part in ["第1批发货", "11028", "2.5", "zhangsan", "未写入任何内容"]:
        assert part in told, f"{part}: {told}"
    look(visitor, "mapping-preview")
    assert not site.by_hand("snapshot", None, "GET")["wecom"]["instances"], "a preview writes nothing"
    page.locator("form button", has_text="保存（不开启）").click()
    page.wait_for_url(f"**/flows/{ID}?done=stored")
    assert "流已保存，尚未开启" in visitor.text() and "已关闭" in page.locator("h1").inner_text()
    look(visitor, "flow-stored")
    page.click("form[action$='/on'] button")
    page.wait_for_url("**done=on")
    page.click("form[action$='/run'] button")
    page.wait_for_url("**done=run")
    found = until("the form is in WeCom", lambda: site.by_hand("snapshot", None, "GET")["wecom"]["instances"])
    number = found[0]["sp_no"]
    site.by_hand(f"wecom/approvals/{number}/approve", {"speech": "同意"})

    def approved():
        visitor.go(f"{HOME}/runs?flow={ID}&status=succeeded&since=28d")
        return page.locator("tbody tr").count() >= 1

    until("the decision is written back", approved, 120)
    change(visitor, look)
    remove(visitor, look)
    print("no flow: one was matched, previewed, stored, turned on, run and approved; its mapping was changed, and it was removed")


def create_field(site, visitor, look):
    """One of the fields that B1 lacks is made, and the mapping is as it was chosen."""
    page = visitor.page
    missing = page.locator("#needed input[type=checkbox]")
    count = missing.count()
    assert count > 1, visitor.text()
    for index in range(1, count):
        missing.nth(index).uncheck()
    page.locator("#needed button").click()
    page.wait_for_url("**/new-flow/fields")
    told = visitor.text()
    assert "b1-main" in told and "U_ISSYN" in told and "确认创建 (1)" in told, told
    look(visitor, "fields-review")
    page.locator("form[action$='/fields/create'] button").click()
    page.wait_for_url("**/fields/create")
    told = visitor.text()
    assert "已创建" in told and "所选字段均已在ERP中" in told, told
    look(visitor, "fields-made")
    page.locator("#made-fields form button").click()
    page.wait_for_url("**/new-flow/mapping")
    assert missing.count() == count - 1, visitor.text()
    assert page.locator(control("Text-1")).input_value() == "DocEntry", visitor.text()


def change(visitor, look):
    """Another field for a control, by hand."""
    page = visitor.page
    visitor.go(f"{HOME}/flows/{ID}")
    page.locator("a.button", has_text="修改映射").click()
    page.wait_for_url(f"**/flows/{ID}/mapping")
    page.fill(control("Textarea-2"), "NoSuchField")
    page.locator("form.mapping button", has_text="预览真实单据").click()
    assert "ERP没有这个字段" in visitor.text(), visitor.text()
    look(visitor, "mapping-wrong")
    page.fill(control("Textarea-2"), "JournalMemo")
    page.locator("form.mapping button", has_text="预览真实单据").click()
    page.wait_for_url("**/mapping/preview")
    page.locator("form button", has_text="保存映射").click()
    page.wait_for_url("**done=mapped")
    page.locator("ol.versions summary").first.click()
    assert "JournalMemo" in page.locator("ol.versions li").first.inner_text()


def remove(visitor, look):
    page = visitor.page
    page.locator("a", has_text="移除流").click()
    page.wait_for_url(f"**/flows/{ID}/remove")
    look(visitor, "remove")
    page.click("form[action$='/remove'] button")
    page.wait_for_url("**done=removed")
    assert "流已移除" in visitor.text() and ID not in visitor.text()
    visitor.go(f"{HOME}/audit")
    for word in ["create-erp-field", "store-flow", "change-flow", "remove-flow"]:
        assert word in visitor.text(), visitor.text()


def at_width(visitor, look, width):
    """Its pages at a width, in English."""
    visitor.go(f"{HOME}/new-flow?lang=en")
    look(visitor, f"new-flow-{width}")
    matched(visitor)
    look(visitor, f"mapping-{width}")
    visitor.page.locator("form.mapping div.actions button").first.click()
    visitor.page.wait_for_url("**/new-flow/preview")
    look(visitor, f"mapping-preview-{width}")
    visitor.go(f"{HOME}?lang=zh")
