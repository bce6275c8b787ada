//! Texts of the kinds that models are sent, written for these tests.

/// What a sample is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    English,
    Code,
    Data,
    Language,
    Noise,
}

pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) text: &'static str,
}

const fn sample(name: &'static str, kind: Kind, text: &'static str) -> Sample {
    Sample { name, kind, text }
}

pub(crate) const SAMPLES: &[Sample] = &[
    sample(
        "letter",
        Kind::English,
        "Dear Margaret,\n\nThank you for your letter, which reached me on Tuesday. I was sorry to hear that the roof of the old barn came down in the storm, but I am glad that nobody was hurt and that the horses were out in the lower field. Your brother tells me that you mean to rebuild it before winter. If you do, please let me know what it would cost; I should like to help, and I think that the insurance will not pay for more than half.\n\nWe are all well here. The children have gone back to school, and the house is very quiet in the mornings.\n\nYours ever,\nThomas",
    ),
    sample(
        "technical prose",
        Kind::English,
        "A circuit breaker watches the calls that go to a dependency and stops sending them when too many of them fail. While it is open, callers get an error at once instead of waiting for a timeout, and the dependency gets time to recover. After a while the breaker lets a few probes through. If these succeed it closes; if one of them fails it opens again. The difficult part is not the state machine but the choice of what counts as a failure: a request that the caller cancelled says nothing about the health of the server, and neither does one that was malformed to begin with.",
    ),
    sample(
        "scholarly prose",
        Kind::English,
        "The constitutional arrangements of the early republic presupposed a distribution of landed property that industrialisation progressively undermined. Contemporary observers, notably those associated with the agrarian opposition, interpreted the resulting concentration of manufacturing capital as incompatible with representative institutions; subsequent historiography has generally treated their pessimism as exaggerated, although comparative investigations of nineteenth-century municipal administration suggest that the underlying diagnosis was more perceptive than the remedies proposed.",
    ),
    sample(
        "chat",
        Kind::English,
        "hey, quick question - my laptop won't connect to the wifi at the office since yesterday. i've tried turning it off and on again, forgot the network & re-entered the password, no luck. my phone works fine on the same network. it's a windows 11 machine, about 2 years old. any idea what else i could try? thanks!!",
    ),
    sample(
        "support answer",
        Kind::English,
        "You can return the item within 30 days of delivery, as long as it is unused and in its original packaging. Here is how:\n\n1. Log in to your account and open \"My orders\".\n2. Choose the order and click \"Return item\".\n3. Print the label and stick it on the parcel.\n4. Bring the parcel to any post office.\n\n**Note:** refunds take 5-7 business days after we have received the parcel. If you have not heard from us by then, please reply to this message with your order number (it looks like `#A-20417`).",
    ),
    sample(
        "rust",
        Kind::Code,
        "impl<T: Clone + Send + 'static> Queue<T> {\n    pub fn push(&mut self, item: T) -> Result<(), Full> {\n        if self.items.len() >= self.capacity.get() {\n            return Err(Full { capacity: self.capacity });\n        }\n        self.items.push_back(item);\n        self.waker.take().map(Waker::wake);\n        Ok(())\n    }\n\n    #[must_use]\n    pub fn len(&self) -> usize {\n        self.items.iter().filter(|item| !item.is_tombstone()).count()\n    }\n}\n",
    ),
    sample(
        "python",
        Kind::Code,
        "def moving_average(values, window=3):\n    \"\"\"Yield the mean of each window of `values`.\"\"\"\n    if window <= 0:\n        raise ValueError(f\"window must be positive, got {window!r}\")\n    total = sum(values[:window])\n    for i in range(window, len(values) + 1):\n        yield total / window\n        if i < len(values):\n            total += values[i] - values[i - window]\n\n\nif __name__ == \"__main__\":\n    print(list(moving_average([1, 2, 3, 4, 5.5, 8], window=2)))\n",
    ),
    sample(
        "javascript",
        Kind::Code,
        "export async function loadUsers({ page = 1, pageSize = 50, signal } = {}) {\n\tconst url = new URL('/api/v2/users', window.location.origin);\n\turl.searchParams.set('page', String(page));\n\turl.searchParams.set('page_size', String(pageSize));\n\tconst res = await fetch(url, { signal, headers: { 'X-Requested-With': 'XMLHttpRequest' } });\n\tif (!res.ok) throw new HttpError(res.status, await res.text());\n\treturn (await res.json()).items.map((u) => ({ ...u, fullName: `${u.first_name} ${u.last_name}` }));\n}\n",
    ),
    sample(
        "c",
        Kind::Code,
        "static int __init foo_probe(struct platform_device *pdev)\n{\n\tstruct foo_priv *priv;\n\tvoid __iomem *base;\n\n\tpriv = devm_kzalloc(&pdev->dev, sizeof(*priv), GFP_KERNEL);\n\tif (!priv)\n\t\treturn -ENOMEM;\n\n\tbase = devm_platform_ioremap_resource(pdev, 0);\n\tif (IS_ERR(base))\n\t\treturn PTR_ERR(base);\n\n\twritel(FOO_CTRL_EN | (0x3f << FOO_CTRL_SHIFT), base + FOO_CTRL);\n\treturn 0;\n}\n",
    ),
    sample(
        "shell and log",
        Kind::Code,
        "$ kubectl -n prod get pods | grep -v Running\nNAME                         READY   STATUS             RESTARTS   AGE\napi-7d9f8b6c5d-x2x9q         0/1     CrashLoopBackOff   17         63m\n2024-11-05T13:37:42.123456Z ERROR http::server: request failed method=POST path=/v1/chat/completions status=502 latency_ms=30017 error=\"connection reset by peer (os error 104)\"\n2024-11-05T13:37:42.125001Z  WARN pool: evicting idx=3 addr=10.42.0.117:8443\n",
    ),
    sample(
        "html",
        Kind::Code,
        "<div class=\"card mt-4\" data-id=\"8812\">\n  <h2 id=\"pricing\"><a href=\"/pricing?ref=nav&amp;utm_source=x\">Pricing</a></h2>\n  <ul>\n    <li><strong>Free</strong> &mdash; 0&nbsp;&euro;/month</li>\n    <li style=\"color:#3b82f6;margin:0 auto\">Pro</li>\n  </ul>\n</div>\n",
    ),
    sample(
        "sql",
        Kind::Code,
        "SELECT c.customer_id, c.name, SUM(oi.quantity * oi.unit_price) AS revenue\nFROM customers AS c\nLEFT JOIN orders AS o ON o.customer_id = c.customer_id AND o.created_at >= DATE '2024-01-01'\nLEFT JOIN order_items AS oi USING (order_id)\nGROUP BY 1, 2\nHAVING SUM(oi.quantity) > 10\nORDER BY revenue DESC NULLS LAST\nLIMIT 25;\n",
    ),
    sample(
        "json",
        Kind::Data,
        "{\"id\":\"ord_9f31\",\"customer\":{\"id\":48213,\"email\":\"a.meyer@example.org\",\"vip\":false},\"items\":[{\"sku\":\"TX-1180-BLK\",\"qty\":2,\"price\":19.99},{\"sku\":\"QQ-77\",\"qty\":1,\"price\":4.5,\"note\":null}],\"total\":44.48,\"currency\":\"EUR\",\"created_at\":\"2024-03-17T09:26:53Z\"}",
    ),
    sample(
        "json schema",
        Kind::Data,
        "{\"type\":\"object\",\"properties\":{\"location\":{\"type\":\"string\",\"description\":\"The city and state, e.g. San Francisco, CA\"},\"unit\":{\"type\":\"string\",\"enum\":[\"celsius\",\"fahrenheit\"]},\"days\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":14}},\"required\":[\"location\"],\"additionalProperties\":false}",
    ),
    sample(
        "pretty json",
        Kind::Data,
        "{\n  \"name\": \"demo\",\n  \"version\": \"1.4.2\",\n  \"scripts\": {\n    \"build\": \"tsc -p tsconfig.json\",\n    \"test\": \"vitest run --coverage\"\n  },\n  \"dependencies\": {\n    \"zod\": \"^3.23.8\",\n    \"undici\": \"~6.19.0\"\n  }\n}\n",
    ),
    sample(
        "csv",
        Kind::Data,
        "date,open,high,low,close,volume\n2024-01-02,187.15,188.44,183.89,185.64,82488700\n2024-01-03,184.22,185.88,183.43,184.25,58414500\n2024-01-04,182.15,183.09,180.88,181.91,71983600\n2024-01-05,181.99,182.76,180.17,181.18,62303300\n",
    ),
    sample(
        "base64",
        Kind::Data,
        "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg==",
    ),
    sample(
        "hex and uuid",
        Kind::Data,
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 id=3f2504e0-4f89-11d3-9a0c-0305e82c3301 commit 5c7b4d7e1f0a9b8c6d5e4f3a2b1c0d9e8f7a6b5c",
    ),
    sample(
        "url list",
        Kind::Data,
        "https://example.com/a/b?x=1&y=%20z#frag\nhttps://cdn.example.net/assets/js/main.3f9a1c.min.js\ns3://bucket-eu-west-1/logs/2024/11/05/part-00017.parquet\n",
    ),
    sample(
        "german",
        Kind::Language,
        "Die Bundesregierung hat am Mittwoch einen Gesetzentwurf beschlossen, der die Genehmigungsverfahren für Windkraftanlagen beschleunigen soll. Künftig müssen die zuständigen Behörden innerhalb von zwölf Monaten über vollständige Anträge entscheiden. Umweltverbände begrüßten das Vorhaben grundsätzlich, kritisierten jedoch die vorgesehenen Ausnahmen beim Artenschutz.",
    ),
    sample(
        "french",
        Kind::Language,
        "Le musée a rouvert ses portes hier après trois années de travaux. Les visiteurs ont pu découvrir une collection entièrement réaménagée, où les œuvres sont désormais présentées par époque plutôt que par école. « Nous avons voulu raconter une histoire », explique la directrice, qui espère accueillir près d'un million de personnes cette année.",
    ),
    sample(
        "spanish",
        Kind::Language,
        "¿Cómo puedo cambiar la contraseña de mi cuenta? Ayer intenté hacerlo desde la aplicación, pero me apareció un mensaje de error y ahora no consigo entrar. También me gustaría saber si es posible añadir un segundo número de teléfono, porque el año que viene me mudaré a otro país.",
    ),
    sample(
        "polish",
        Kind::Language,
        "Wczoraj wieczorem nad całym regionem przeszła gwałtowna burza. Strażacy interweniowali ponad dwieście razy, głównie usuwając połamane drzewa z dróg i zabezpieczając uszkodzone dachy. Na szczęście nikt nie został poważnie ranny, choć wiele gospodarstw wciąż pozbawionych jest prądu.",
    ),
    sample(
        "finnish",
        Kind::Language,
        "Kaupunginhallitus käsittelee maanantaina ehdotusta, jonka mukaan keskustan pysäköintimaksuja korotettaisiin ensi vuoden alusta. Yrittäjät pelkäävät asiakkaiden siirtyvän kauppakeskuksiin, mutta asukasyhdistykset kannattavat muutosta, koska liikenne vähenisi ja ilmanlaatu paranisi.",
    ),
    sample(
        "turkish",
        Kind::Language,
        "Dün akşam yapılan toplantıda mahalle sakinleri yeni parkın bir an önce tamamlanmasını istedi. Belediye yetkilileri çalışmaların gecikmesinin nedenini açıkladı ve önümüzdeki ay içinde bitirileceğine söz verdi.",
    ),
    sample(
        "indonesian",
        Kind::Language,
        "Pemerintah daerah berencana memperbaiki jembatan yang rusak akibat banjir bulan lalu. Warga desa berharap pekerjaan tersebut dapat diselesaikan sebelum musim hujan berikutnya, karena jembatan itu merupakan satu-satunya jalan menuju sekolah dan pasar.",
    ),
    sample(
        "vietnamese",
        Kind::Language,
        "Hôm qua tôi đã đặt một chiếc bàn làm việc trên trang web của các bạn, nhưng đến nay vẫn chưa nhận được thư xác nhận. Xin hãy kiểm tra giúp tôi xem đơn hàng đã được ghi nhận hay chưa.",
    ),
    sample(
        "russian",
        Kind::Language,
        "Вчера вечером в центре города отключили электричество почти на два часа. По словам представителя энергетической компании, причиной аварии стало повреждение кабеля при строительных работах. Сейчас электроснабжение полностью восстановлено, виновные будут привлечены к ответственности.",
    ),
    sample(
        "greek",
        Kind::Language,
        "Η νέα βιβλιοθήκη της πόλης άνοιξε τις πόρτες της το Σάββατο. Οι επισκέπτες μπορούν να δανειστούν έως δέκα βιβλία για τρεις εβδομάδες, ενώ τα παιδιά έχουν τη δική τους αίθουσα στον πρώτο όροφο.",
    ),
    sample(
        "arabic",
        Kind::Language,
        "أعلنت وزارة التعليم أمس عن موعد بدء العام الدراسي الجديد، وأكدت أن جميع المدارس ستكون جاهزة لاستقبال الطلاب في الأسبوع الأول من سبتمبر. كما أشارت إلى توزيع الكتب المدرسية مجاناً على التلاميذ.",
    ),
    sample(
        "hebrew",
        Kind::Language,
        "אתמול בערב התקיים מפגש של תושבי השכונה עם נציגי העירייה. התושבים ביקשו להקים גן ילדים נוסף ולשפר את התאורה ברחובות, והנציגים הבטיחו לבדוק את הבקשות בהקדם.",
    ),
    sample(
        "hindi",
        Kind::Language,
        "कल शाम शहर के मुख्य बाज़ार में भारी बारिश के कारण पानी भर गया। दुकानदारों का कहना है कि नालियों की सफ़ाई समय पर नहीं हुई, इसलिए हर साल यही समस्या होती है। नगर निगम ने जाँच का आश्वासन दिया है।",
    ),
    sample(
        "thai",
        Kind::Language,
        "เมื่อวานนี้ฝนตกหนักตลอดทั้งวัน ทำให้ถนนหลายสายในเมืองมีน้ำท่วมขัง ชาวบ้านต้องใช้เรือในการเดินทางไปทำงาน และโรงเรียนหลายแห่งประกาศหยุดเรียนชั่วคราว",
    ),
    sample(
        "chinese",
        Kind::Language,
        "昨天下午，市政府召开新闻发布会，介绍了今年的城市交通改造计划。根据方案，市中心将新增三条公交专用道，并对老旧的地铁站进行无障碍改造。市民如有意见，可以在本月底之前通过网站提交。",
    ),
    sample(
        "japanese",
        Kind::Language,
        "昨日の夜、駅前の商店街で小さな火事がありましたが、けが人はいませんでした。消防署によると、原因は古い電気コードだったそうです。お店の方々は、来週には営業を再開できるだろうと話していました。",
    ),
    sample(
        "korean",
        Kind::Language,
        "어제 오후에 주문한 상품이 아직 배송 준비 중으로 표시됩니다. 언제쯤 받아볼 수 있는지 알려 주시면 감사하겠습니다. 그리고 주소를 회사로 변경하는 것이 가능한지도 궁금합니다.",
    ),
    sample(
        "emoji",
        Kind::Noise,
        "🎉🎉 Launch day! 🚀 Thanks to everyone 🙏🏽 who helped 👩‍💻👨‍👩‍👧‍👦 — see you at the party 🥳🍕🇩🇪🇯🇵",
    ),
    sample(
        "mathematics",
        Kind::Noise,
        "∀ε>0 ∃δ>0: |x−a|<δ ⇒ |f(x)−f(a)|<ε; ∑ₙ aₙ xⁿ, ∫₀^∞ e^{−x²} dx = √π⁄2, α ∈ ℝ∖ℚ, A ⊆ B ≠ ∅",
    ),
    sample(
        "table",
        Kind::Noise,
        "+----------+--------+\n| name     | count  |\n+==========+========+\n| alpha    |    1   |\n+----------+--------+\n┌────┬────┐\n│ a  │ b  │\n└────┴────┘\n- [ ] todo\n- [x] done\n***\n---\n",
    ),
    sample(
        "signs",
        Kind::Noise,
        "!@#$%^&*()_+-=[]{}|;':\",./<>?~`!!!???...///\\\\\\###$$$%%%^^^&&&***((()))___+++---===",
    ),
    sample(
        "one letter",
        Kind::Noise,
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ),
    sample(
        "random letters",
        Kind::Noise,
        "qzxvjkwpbfghmtyrnxclqwzkvjxbpqmzghfkdwrtplxcvbnzqjwkxhgfvbtrpmqzlkxjcwvhnbgfdtsrzxqpwkjvmblhcgfnydxzrtqkvwp",
    ),
    sample(
        "dna and capitals",
        Kind::Noise,
        "ACGTTGCAACGTAGCTAGCTTAGCGATCGGATCCATTGACGATCGATTAGC WARNING: DO NOT UNPLUG. CRITICAL SYSTEM FAILURE XKCD FAQ TTL HTTP2 RSA_4096",
    ),
    sample(
        "camel case",
        Kind::Noise,
        "AbstractSingletonProxyFactoryBean getElementsByClassName NSURLSessionDataTask XMLHttpRequestEventTarget iPhone15ProMax eBay McDonalds",
    ),
    sample(
        "white space",
        Kind::Noise,
        "a\n\n\n\n   b\t\t\tc  \n \n  \t \n\r\n\r\n    d      e\u{a0}\u{a0}f\u{2003}\u{2003}g\u{3000}h \t \t \t i\n",
    ),
    sample(
        "rare scripts",
        Kind::Noise,
        "ᚠᚢᚦᚨᚱᚲ ꙮ ሰላም ለዓለም ສະບາຍດີ မင်္ဂလာပါ გამარჯობა Բարեւ ཨོཾ ᐃᓄᒃᑎᑐᑦ 𐍈 𝕳𝖊𝖑𝖑𝖔 ᠮᠣᠩᠭᠣᠯ",
    ),
];

/// Texts whose tokens no class of characters tells: the estimate is low, and only its bound holds.
pub(crate) const MISSED: &[&str] = &[
    "黔驢技窮，鷸蚌相爭，漁翁得利。饕餮之徒，囫圇吞棗；躊躇滿志，躑躅不前。夔龍蟠虺，氤氳繚繞，饔飧不繼，蟪蛄不知春秋。",
    "Qxzv Jkwp Bfgh Mtyr Nxcl Qwzk Vjxb Pqmz Ghfk Dwrt Plxc Vbnz Qjwk Xhgf Vbtr Pmqz",
];
