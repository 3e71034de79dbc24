//! Wrong requests: every problem is named at once, and limits hold.

use crate::answer::compact;
use crate::fixtures::numbered;
use crate::world::World;

const LIST: &str = "/v2/biometric-validations";

async fn wrong(world: &World, token: &str, query: &str) -> Vec<String> {
    world.get(token, &format!("{LIST}?{query}")).await.wrong_parameters()
}

#[tokio::test]
async fn all_problems_are_named_at_once() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let query = "where_statu=completed&where_status=done&where>_createdAt=yesterday\
        &where_type[$ne]=login&perPage=1000&page=-1&sort=-created&populates[]=clients\
        &columns=statu&count=maybe";
    let answer = world.get(&token, &format!("{LIST}?{query}")).await;
    let expected = r#"{
        "success": false,
        "error": "Invalid query parameters",
        "code": "INVALID_PARAMETERS",
        "details": [
            { "parameter": "where_statu",
              "message": "unknown field `statu`; did you mean `status`?" },
            { "parameter": "where_type[$ne]",
              "message": "only [], [0] and the like may follow a name: operators are written as where>_createdAt, in_status[] and so on" },
            { "parameter": "where_status",
              "message": "must be one of new, pending, completed, failed, expired, validated, sent" },
            { "parameter": "where>_createdAt",
              "message": "must be a date (2024-12-01) or an RFC 3339 time (2024-12-01T10:30:00Z)" },
            { "parameter": "sort", "message": "unknown sort key `created`; did you mean `createdAt`?" },
            { "parameter": "perPage", "message": "must be between 1 and 100" },
            { "parameter": "page",
              "message": "must be a whole number from 0 to 45035996273704" },
            { "parameter": "count", "message": "must be true or false" },
            { "parameter": "populates[]", "message": "unknown relation `clients`; did you mean `client`?" },
            { "parameter": "columns", "message": "unknown field `statu`; did you mean `status`?" }
        ]
    }"#;
    assert_eq!((answer.status, answer.text()), (400, compact(expected).as_str()));
}

#[tokio::test]
async fn wrong_pages_and_sizes_are_rejected() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    for value in
        ["-1", "1.5", "one", "", "+1", "1e3", "%201", "99999999999999999999", "NaN", "0x10"]
    {
        for name in ["page", "offset", "perPage", "limit"] {
            let names = wrong(&world, &token, &format!("{name}={value}")).await;
            assert_eq!(names, [name], "{name}={value}");
        }
    }
    for value in ["0", "101", "1000"] {
        for name in ["perPage", "limit"] {
            assert_eq!(wrong(&world, &token, &format!("{name}={value}")).await, [name]);
            let answer = world.get(&token, &format!("/v2/document-liveness?{name}={value}")).await;
            assert_eq!(answer.wrong_parameters(), [name]);
        }
    }
    for value in ["1", "100"] {
        assert_eq!(world.get(&token, &format!("{LIST}?perPage={value}")).await.status, 200);
    }
}

#[tokio::test]
async fn values_must_have_their_fields_type() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    for pair in [
        "where_status=Completed",
        "where_status=processing",
        "where_status=",
        "in_status[]=new,nothing",
        "where_type=smartlink",
        "type=smartlink",
        "where_client=a%20b",
        "where_client=%24ne",
        "where_requires2FA=maybe",
        "where_riskScore=low",
        "where_riskScore=NaN",
        "where_riskScore=1e999",
        "where>_riskScore=",
        "where_createdAt=2024-13-01",
        "where_createdAt=2024-02-30",
        "where_createdAt=1705314600",
        "where<_createdAt=2024-01-15T25:00:00Z",
        "like_status=comp",
        "where>_status=new",
        "like_ipAddress=192",
        "where_biometricData=1",
        "in_biometricData[]=1",
        "where_identifier=a%00b",
    ] {
        let (key, _) = pair.split_once('=').expect("a pair");
        assert_eq!(wrong(&world, &token, pair).await, [key], "{pair}");
    }
    let answer = world.get(&token, "/v2/document-liveness?status=validated").await;
    assert_eq!(answer.wrong_parameters(), ["status"]);
}

#[tokio::test]
async fn unknown_names_are_rejected_where_an_operator_is_known() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    for pair in [
        "where_nothing=1",
        "wherenot_nothing=1",
        "where>_nothing=1",
        "in_nothing[]=1",
        "like_nothing=1",
        "where-null_nothing=",
        "?like_nothing=1",
        "where_template=x",
        "like_biometricData.template=x",
        "where_client.email=office@acme.example",
        "where_livenessSession.status=active",
        "sort=nothing",
        "sort=biometricData",
        "sort=client.name",
        "sort=redirectUrl",
        "populates[]=nothing",
        "populates[]=client.nothing",
        "populates[]=project.client.name",
        "columns=template",
        "select=faceImage",
        "with[]=projectFlows",
    ] {
        let (key, _) = pair.split_once('=').expect("a pair");
        assert_eq!(wrong(&world, &token, pair).await, [key], "{pair}");
    }
}

#[tokio::test]
async fn nested_brackets_are_rejected_and_numbers_in_them_are_not() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    numbered(&world, "acme", 3).await;
    for key in [
        "where_client[$ne]",
        "where_client[%24ne]",
        "where_client[][$ne]",
        "where_client[__proto__]",
        "where_status[-1]",
        "where_status[0",
        "where_status]",
        "client[$gt]",
        "in_status[a][]",
        "page[x]",
        "unknown[$where]",
    ] {
        let names = wrong(&world, &token, &format!("{key}=x")).await;
        assert_eq!(names, [key.replace("%24", "$")], "{key}");
    }
    for key in ["where_status[]", "where_status[7]", "where_status[][]", "where_status[][0]"] {
        let answer = world.get(&token, &format!("{LIST}?{key}=new")).await;
        assert_eq!(answer.ids(), ["v00"], "{key}");
    }
}

#[tokio::test]
async fn unknown_keys_that_are_no_operator_are_ignored() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    numbered(&world, "acme", 3).await;
    let plain = world.get(&token, LIST).await;
    for query in [
        "utm_source=x",
        "token=abc",
        "lean=1",
        "findOne=true",
        "groupBy=status",
        "faceImage=x",
        "template=y",
        "$where=1",
        "_=1700000000000",
        "Where_status=new",
        "&&&",
        "=",
        "=x",
        "a",
    ] {
        let answer = world.get(&token, &format!("{LIST}?{query}")).await;
        assert_eq!(answer.text(), plain.text(), "{query}");
    }
}

#[tokio::test]
async fn twenty_conditions_are_taken_and_twenty_one_are_not() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let conditions = |count: usize| {
        let all: Vec<String> = (0..count).map(|n| format!("like_identifier=x{n}")).collect();
        all.join("&")
    };
    assert_eq!(world.get(&token, &format!("{LIST}?{}", conditions(20))).await.total(), 0);
    assert_eq!(wrong(&world, &token, &conditions(21)).await, ["query"]);
    let alternatives = conditions(21).replace("like_", "?like_");
    assert_eq!(wrong(&world, &token, &alternatives).await, ["query"]);
}

#[tokio::test]
async fn a_hundred_members_are_taken_and_a_hundred_and_one_are_not() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let members = |count: usize| (0..count).map(|n| format!("u{n}")).collect::<Vec<_>>().join(",");
    let target = format!("in_project[]={}", members(100));
    assert_eq!(world.get(&token, &format!("{LIST}?{target}")).await.total(), 0);
    let target = format!("in_project[]={}", members(101));
    assert_eq!(wrong(&world, &token, &target).await, ["in_project[]"]);
    let repeated: Vec<String> = (0..101).map(|n| format!("where_identifier=u{n}")).collect();
    assert_eq!(wrong(&world, &token, &repeated.join("&")).await, ["where_identifier"]);
}

#[tokio::test]
async fn twenty_relations_two_deep_are_taken_and_no_more() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let eight = "client,project,projectFlow,livenessSession,appRegistration,project.client,\
        projectFlow.client,livenessSession.client";
    let target = format!("populates={eight}{}", ",client".repeat(12));
    assert_eq!(world.get(&token, &format!("{LIST}?{target}")).await.status, 200);
    assert_eq!(wrong(&world, &token, &format!("{target},client")).await, ["populates"]);
    assert_eq!(
        wrong(&world, &token, "populates[]=projectFlow.project.client").await,
        ["populates[]"]
    );
}

#[tokio::test]
async fn a_query_of_eight_kibibytes_is_read_and_a_longer_one_is_414() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    let query = |length: usize| format!("x={}", "y".repeat(length - 2));
    for path in [LIST, "/v2/document-liveness", "/v3/projects"] {
        assert_eq!(world.get(&token, &format!("{path}?{}", query(8192))).await.status, 200);
        let answer = world.get(&token, &format!("{path}?{}", query(8193))).await;
        assert_eq!(answer.rejection(414), "URI_TOO_LONG");
    }
    let answer = world.get(&token, &format!("{LIST}/some-id?{}", query(8193))).await;
    assert_eq!(answer.rejection(414), "URI_TOO_LONG");
}

#[tokio::test]
async fn a_value_that_is_no_utf8_is_rejected() {
    let world = World::sqlite().await;
    let token = world.token("acme").await;
    assert_eq!(wrong(&world, &token, "where_identifier=%FF%FE").await, ["where_identifier"]);
    assert_eq!(wrong(&world, &token, "like_identifier=%C3").await, ["like_identifier"]);
}
