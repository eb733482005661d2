// A client of the signed API. Java 17 and nothing else; see ../README.md for the environment variables.

import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class Client {
    private static final long FIVE_MINUTES = 300;

    private final String url;
    private final String appKey;
    private final String appSecret;
    private final String version;
    private final HttpClient http = HttpClient.newHttpClient();
    private final SecureRandom random = new SecureRandom();

    Client(String url, String appKey, String appSecret, String version) {
        this.url = url.replaceAll("/$", "");
        this.appKey = appKey;
        this.appSecret = appSecret;
        this.version = version;
    }

    static String hmac(String secret, byte[]... parts) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        for (byte[] part : parts) {
            mac.update(part);
        }
        return HexFormat.of().formatHex(mac.doFinal());
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The headers of one call. The body is the exact bytes that are sent, none for a call without one. */
    Map<String, String> sign(String method, String path, String query, byte[] body) throws GeneralSecurityException {
        String timestamp = Long.toString(System.currentTimeMillis());
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("X-App-Key", appKey);
        headers.put("X-Timestamp", timestamp);
        if (version.equals("1")) {
            headers.put("X-Signature", hmac(appSecret, utf8(appKey + timestamp), body));
            return headers;
        }
        byte[] bytes = new byte[16];
        random.nextBytes(bytes);
        String nonce = HexFormat.of().formatHex(bytes); // never the same one twice
        String pieces = Arrays.stream(query.split("&")).filter(p -> !p.isEmpty()).sorted().collect(Collectors.joining("&"));
        String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
        String lines = String.join("\n", method, path, pieces, hash, timestamp, nonce, appKey);
        headers.put("X-Signature-Version", "2");
        headers.put("X-Nonce", nonce);
        headers.put("X-Signature", hmac(appSecret, utf8(lines)));
        return headers;
    }

    /**
     * Whether a push came from the production system, unchanged and within five minutes. The body is the bytes as
     * received: parse them only afterwards.
     */
    static boolean verify(String callbackSecret, String timestamp, byte[] body, String signature)
            throws GeneralSecurityException {
        byte[] expected = utf8(hmac(callbackSecret, utf8(timestamp), body));
        if (!MessageDigest.isEqual(expected, utf8(signature)) || !timestamp.matches("\\d{1,12}")) {
            return false;
        }
        return Math.abs(System.currentTimeMillis() / 1000 - Long.parseLong(timestamp)) <= FIVE_MINUTES;
    }

    /** The answer's text; an exception with message and request id for anything but success. */
    String call(String method, String path, String json) throws Exception {
        byte[] body = utf8(json);
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path))
                .header("Content-Type", "application/json")
                .method(method, body.length == 0
                        ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofByteArray(body));
        sign(method, path, "", body).forEach(request::header);
        HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(answer.body());
        }
        return answer.body();
    }

    /** A field of an answer. Use your JSON library here: Java has none of its own. */
    static String field(String json, String name) {
        Matcher found = Pattern.compile('"' + name + "\":\"?([^\",}]*)").matcher(json);
        if (!found.find()) {
            throw new IllegalStateException("no " + name + " in " + json);
        }
        return found.group(1);
    }

    public static void main(String[] arguments) throws Exception {
        try {
            run(arguments);
        } catch (IllegalStateException | IOException refused) {
            System.err.println("refused: " + refused.getMessage());
            System.exit(1);
        }
    }

    static void run(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        Map<String, String> env = System.getenv();
        if (arguments.length == 3 && arguments[0].equals("verify")) {
            String secret = env.get("TENON_CALLBACK_SECRET");
            boolean genuine = verify(secret, arguments[1], System.in.readAllBytes(), arguments[2]);
            out.println(genuine ? "valid" : "invalid");
            System.exit(genuine ? 0 : 1);
        }
        Client client = new Client(env.get("TENON_URL"), env.get("TENON_APP_KEY"), env.get("TENON_APP_SECRET"),
                env.getOrDefault("TENON_SIGNATURE_VERSION", "2"));
        // A repeat with the same external number and content answers the first order and makes no second one.
        // Chinese as escapes: Java 17 reads a source in the platform's encoding, not in UTF-8.
        String order = """
                {"externalOrderNo": "JV-%d", "styleNo": "FZ2024001", "styleName": "\u6625\u5b63\u886c\u886bA\u6b3e",
                 "quantity": 500, "colors": ["\u7ea2", "\u84dd", "\u767d"], "sizes": ["S", "M", "L", "XL"]}
                """.formatted(System.nanoTime());
        String orderNo = field(client.call("POST", "/openapi/v1/orders/create", order), "orderNo");
        out.println("created " + orderNo);
        out.println("status " + field(client.call("GET", "/openapi/v1/orders/" + orderNo, ""), "status"));
        String page = client.call("POST", "/openapi/v1/orders/list", "{\"page\": 1, \"size\": 20}");
        out.println("listed " + field(page, "total"));
    }
}
