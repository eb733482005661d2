// A client of aiflow's interface. Java 17 and nothing else; see ../README.md for the environment variables.
// Nothing that went wrong passes for success: each refusal, each record that was not taken, no answer is an exception.

import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class Aiflow {
    private static final int TIMES = 5;

    private final String url;
    private final String enterpriseCode;
    private final String appId;
    private final String appSecret;
    private final HttpClient http = HttpClient.newHttpClient();

    Aiflow(String url, String enterpriseCode, String appId, String appSecret) {
        this.url = url.replaceAll("/$", "");
        this.enterpriseCode = enterpriseCode;
        this.appId = appId;
        this.appSecret = appSecret;
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String md5(byte[]... parts) throws GeneralSecurityException {
        MessageDigest digest = MessageDigest.getInstance("MD5");
        for (byte[] part : parts) {
            digest.update(part);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** The A-Signature header. The body is the exact bytes that are sent. */
    String sign(byte[] body, long timestamp) throws GeneralSecurityException {
        String inner = md5(utf8(enterpriseCode), utf8(appSecret), body, utf8(Long.toString(timestamp)));
        String text = "{\"enterpriseCode\":\"%s\",\"appId\":\"%s\",\"timestamp\":%d,\"cipher\":\"%s\"}"
                .formatted(enterpriseCode, appId, timestamp, md5(utf8(inner)));
        return HexFormat.of().withUpperCase().formatHex(utf8(text));
    }

    /**
     * The answer's text. Waits and tries again where it is told to, and after no answer: a call may be repeated, what
     * it had done is not done twice.
     */
    String call(String path, String json) throws Exception {
        byte[] body = utf8(json);
        for (int attempt = 1; ; attempt++) {
            long wait = 1;
            try {
                HttpRequest request = HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(60))
                        .header("Content-Type", "application/json")
                        .header("A-Signature", sign(body, System.currentTimeMillis()))
                        .POST(HttpRequest.BodyPublishers.ofByteArray(body)).build();
                HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
                int status = answer.statusCode();
                boolean again = status == 409 || status == 429 || status >= 500;
                if (!again || attempt == TIMES) {
                    return read(status, answer.body());
                }
                wait = Math.min(60, Long.parseLong(answer.headers().firstValue("Retry-After").orElse("1")));
            } catch (IOException noAnswer) {
                if (attempt == TIMES) {
                    throw noAnswer;
                }
            }
            Thread.sleep(wait * 1000);
        }
    }

    static String read(int http, String text) {
        if (http != 200 || !field(text, "status").equals("0")) {
            throw new IllegalStateException("HTTP " + http + " " + text);
        }
        return text;
    }

    /** A field of an answer. Use your JSON library here: Java has none of its own. */
    static String field(String json, String name) {
        Matcher found = Pattern.compile('"' + name + "\":\"?([^\",}]*)").matcher(json);
        if (!found.find()) {
            throw new IllegalStateException("no " + name + " in " + json);
        }
        return found.group(1);
    }

    /** Pushes departments or users, those above before those below them; how many were taken. */
    String push(String path, String json) throws Exception {
        String answer = call(path, json);
        if (!field(answer, "failCount").equals("0")) {
            throw new IllegalStateException("not all records were taken: " + answer);
        }
        return field(answer, "successCount");
    }

    static String needed(String name) {
        String value = System.getenv(name);
        if (value == null || value.isEmpty()) {
            throw new IllegalStateException("the environment variable " + name + " is not set; see ../README.md");
        }
        return value;
    }

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try {
            Aiflow client = new Aiflow(needed("TENON_URL"), needed("AIFLOW_ENTERPRISE_CODE"), needed("AIFLOW_APP_ID"),
                    needed("AIFLOW_APP_SECRET"));
            // Chinese as escapes: Java 17 reads a source in the platform's encoding, not in UTF-8.
            out.println("departments " + client.push("/aflow/api/sys/sync/department", """
                    {"departments": [{"deptId": "D1", "deptName": "\u603b\u90e8"},
                     {"deptId": "D2", "deptName": "\u6280\u672f\u90e8", "parentId": "D1"}]}"""));
            out.println("users " + client.push("/aflow/api/sys/sync/user", """
                    {"users": [{"userId": "U1", "userName": "zhang", "realName": "\u5f20\u4e09", "mobile": "13800000001", "deptId": "D1"},
                     {"userId": "U2", "userName": "li", "realName": "\u674e\u56db", "deptId": "D2", "directSupervisor": "U1"}]}"""));
            client.call("/aflow/api/order/sync/task", """
                    {"orderId": 1, "orderStatus": "ing", "orderResult": "ing", "initiator": "U1", "businessKey": "PO-1",
                     "createTime": "2025-01-24 10:00:00", "updateTime": "2025-01-24 10:00:00",
                     "tasks": [{"taskId": "T1", "taskName": "\u90e8\u95e8\u5ba1\u6279", "assigneeUserCode": ["U2"],
                      "taskStatus": "ing", "taskResult": "new", "deadLine": "2025-01-25 18:00:00", "nodeType": "audit",
                      "showPc": true, "showMobile": true}]}""");
            out.println("order synced");
        } catch (IllegalStateException | IOException refused) {
            System.err.println("refused: " + refused.getMessage());
            System.exit(1);
        }
    }
}
