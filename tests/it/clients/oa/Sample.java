// The document's example for Java, unchanged, on stand-ins of Spring's classes and of the beans that it leaves out.

import java.io.IOException;
import java.lang.reflect.Field;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class Sample {
    public static void main(String[] arguments) throws Exception {
        // What follows is the document's.
        RestTemplate restTemplate = new RestTemplate();

        // 获取Token
        OaTokenRequest request = new OaTokenRequest();
        request.setAssistantUserId("U001");

        OaTokenResponse response = restTemplate.postForObject(
            "http://localhost:8081/api/oa_integration/get_token",
            request,
            OaTokenResponse.class
        );

        // 使用Token
        if (response.getCode() == 0) {
            String token = response.getData().getToken();

            HttpHeaders headers = new HttpHeaders();
            headers.set("Token", token);

            HttpEntity<?> entity = new HttpEntity<>(headers);

            OaUserInfoResponse userInfo = restTemplate.exchange(
                "http://localhost:8081/api/oa_integration/get_userinfo?oa_user_id=1",
                HttpMethod.GET,
                entity,
                OaUserInfoResponse.class
            ).getBody();
        }
        // What stands above is the document's.
        System.out.println(response.getCode() + " " + response.getMsg());
        if (response.getCode() == 0) {
            OaUserInfo user = lastRead.getData();
            System.out.println(user.id + " " + user.username + " " + user.mobile + " " + user.did);
        }
    }

    static OaUserInfoResponse lastRead;
}

class OaTokenRequest {
    String assistantUserId;

    void setAssistantUserId(String id) {
        assistantUserId = id;
    }
}

class Answer {
    int code;
    String msg;

    int getCode() {
        return code;
    }

    String getMsg() {
        return msg;
    }
}

class OaToken {
    String token;

    String getToken() {
        return token;
    }
}

class OaTokenResponse extends Answer {
    OaToken data;

    OaToken getData() {
        return data;
    }
}

class OaUserInfo {
    String id;
    String username;
    String mobile;
    String did;
}

class OaUserInfoResponse extends Answer {
    OaUserInfo data;

    OaUserInfo getData() {
        return data;
    }
}

class HttpHeaders {
    final Map<String, String> all = new TreeMap<>();

    void set(String name, String value) {
        all.put(name, value);
    }
}

class HttpEntity<T> {
    final HttpHeaders headers;

    HttpEntity(HttpHeaders headers) {
        this.headers = headers;
    }
}

class ResponseEntity<T> {
    private final T body;

    ResponseEntity(T body) {
        this.body = body;
    }

    T getBody() {
        return body;
    }
}

enum HttpMethod {
    GET
}

/** Throws for every status but 2xx, as Spring's does. */
class RestTemplate {
    private final HttpClient client = HttpClient.newHttpClient();

    <T> T postForObject(String url, Object request, Class<T> kind) throws Exception {
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(url)).header("Content-Type", "application/json");
        return send(builder.POST(HttpRequest.BodyPublishers.ofString(Beans.write(request))).build(), kind);
    }

    <T> ResponseEntity<T> exchange(String url, HttpMethod method, HttpEntity<?> entity, Class<T> kind) throws Exception {
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(url)).method(method.name(), HttpRequest.BodyPublishers.noBody());
        entity.headers.all.forEach(builder::header);
        T body = send(builder.build(), kind);
        if (body instanceof OaUserInfoResponse read) {
            Sample.lastRead = read;
        }
        return new ResponseEntity<>(body);
    }

    private <T> T send(HttpRequest request, Class<T> kind) throws Exception {
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() / 100 != 2) {
            throw new IOException(response.statusCode() + " " + response.body());
        }
        return Beans.read(response.body(), kind);
    }
}

/** Beans as JSON, with Java's names, and back. */
class Beans {
    static String write(Object bean) throws Exception {
        StringBuilder out = new StringBuilder();
        for (Field field : bean.getClass().getDeclaredFields()) {
            out.append(out.length() == 0 ? "" : ",").append('"').append(field.getName()).append("\":\"").append(field.get(bean)).append('"');
        }
        return "{" + out + "}";
    }

    static <T> T read(String json, Class<T> kind) throws Exception {
        T bean = kind.getDeclaredConstructor().newInstance();
        for (Class<?> of = kind; of != Object.class; of = of.getSuperclass()) {
            for (Field field : of.getDeclaredFields()) {
                if (field.getType() == String.class || field.getType() == int.class) {
                    Matcher found = Pattern.compile("\"" + field.getName() + "\"\\s*:\\s*(\"([^\"]*)\"|-?[0-9]+)").matcher(json);
                    if (found.find()) {
                        field.set(bean, field.getType() == int.class ? (Object) Integer.valueOf(found.group(1)) : found.group(2));
                    }
                } else if (json.contains("\"data\":{")) {
                    field.set(bean, read(json.substring(json.indexOf("\"data\":{")), field.getType()));
                }
            }
        }
        return bean;
    }
}
