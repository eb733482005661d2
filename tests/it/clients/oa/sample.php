<?php
// 获取Token
$ch = curl_init();
curl_setopt($ch, CURLOPT_URL, 'http://localhost:8081/api/oa_integration/get_token');
curl_setopt($ch, CURLOPT_POST, true);
curl_setopt($ch, CURLOPT_POSTFIELDS, json_encode([
    'assistant_user_id' => 'U001'
]));
curl_setopt($ch, CURLOPT_RETURNTRANSFER, true);
$response = curl_exec($ch);
$result = json_decode($response, true);

// 使用Token获取用户信息
if ($result['code'] == 0) {
    $token = $result['data']['token'];
    $oaUserId = $result['data']['oa_user_id'];

    // 获取用户信息
    $url = "http://localhost:8081/api/oa_integration/get_userinfo?oa_user_id={$oaUserId}";
    $headers = ['Token: ' . $token];

    curl_setopt($ch, CURLOPT_URL, $url);
    curl_setopt($ch, CURLOPT_HTTPHEADER, $headers);
    curl_setopt($ch, CURLOPT_HTTPGET, true);

    $userInfo = curl_exec($ch);
    print_r(json_decode($userInfo, true));
}
curl_close($ch);
