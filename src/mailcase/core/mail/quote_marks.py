"""The marks by which mail programs show what is quoted, as tables: words per language, one line a language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final


class Header(Enum):
    """A line of the header block that mail programs put above a message they quote (names: RFC 5322 section 3.6)."""

    FROM = "from"
    SENT = "sent"
    DATE = "date"
    TO = "to"
    SUBJECT = "subject"


_HEADER_WORDS: Final = (
    # as printed by Outlook, Apple Mail, Thunderbird, Gmail, Lotus Notes; a comma parts the words
    (Header.FROM, "from, de, von, da, van, från, fra, od, ze, lähettäjä, feladó, kimden, gönderen, expéditeur"),
    (Header.FROM, "remitente, mittente, afzender, absender, avsändare, avsender, afsender, nadawca, odesílatel"),
    (Header.FROM, "odosielateľ, expeditor, saatja, dari, từ, от, от кого, від, від кого, од, από, מאת, من"),
    (Header.FROM, "发件人, 发信人, 寄件者, 寄件人, 差出人, 送信者, 送信元, 보낸 사람, 보낸사람, จาก"),
    (Header.SENT, "sent, gesendet, envoyé, date d'envoi, enviado, enviada, inviato, verzonden, skickat, sendt"),
    (Header.SENT, "lähetetty, wysłano, wysłane, odesláno, odoslané, elküldve, küldve, gönderildi, gönderilme"),
    (Header.SENT, "gönderme tarihi, trimis, poslano, poslato, saadetud, dikirim, gửi, отправлено, надіслано"),
    (Header.SENT, "изпратено, послато, στάλθηκε, נשלח, 发送时间, 寄件日期, 送信日時, 보낸 날짜, 보낸날짜, ส่ง"),
    (Header.DATE, "date, datum, data, fecha, dato, päivämäärä, päiväys, dátum, tarih, dată, kuupäev, tanggal, ngày"),
    (Header.DATE, "дата, датум, ημερομηνία, תאריך, التاريخ, 日期, 时间, 日時, 日付, 날짜, วันที่"),
    (
        Header.TO,
        "to, an, à, a, para, aan, till, til, do, komu, vastaanottaja, címzett, kime, al\u0131c\u0131, către, kepada",
    ),
    (Header.TO, "destinataire, destinatario, destinatário, empfänger, ontvanger, mottagare, modtager, mottaker"),
    (Header.TO, "cc, cci, ccn, bcc, kopie, kopia, kopi, kópia, másolat, bilgi, копия, копія, 抄送, 副本"),
    (Header.TO, "reply-to, reply to, antwort an, répondre à, responder a, rispondi a, risposta, odpowiedź do"),
    (Header.TO, "кому, до, за, προς, אל, إلى, 收件人, 宛先, 받는 사람, 받는사람, ถึง, đến"),
    (Header.SUBJECT, "subject, betreff, objet, asunto, oggetto, onderwerp, assunto, ämne, emne, aihe, temat, předmět"),
    (Header.SUBJECT, "predmet, tárgy, konu, subiect, subiectul, teema, tema, zadeva, perihal, assumpte, chủ đề"),
    (Header.SUBJECT, "тема, относно, предмет, θέμα, נושא, الموضوع, 主题, 主旨, 主題, 件名, 제목, เรื่อง"),
)

HEADERS: Final[Mapping[str, Header]] = MappingProxyType(
    {word: kind for kind, words in _HEADER_WORDS for word in words.split(", ")}
)
"""Header names, lower case, as they stand before the colon."""

VERBS: Final = frozenset(
    word
    for _language, words in (
        ("English", "wrote writes"),
        ("French", "écrit écrivait"),
        ("German", "schrieb schrieben schreibt geschrieben"),
        ("Spanish", "escribió escribio"),
        ("Italian", "scritto scrisse scrive"),
        ("Portuguese", "escreveu escreveram"),
        ("Dutch, Afrikaans", "schreef geschreven geskryf"),
        ("Swedish, Danish, Norwegian, Icelandic", "skrev skreiv skriver skrifaði"),
        ("Finnish, Estonian", "kirjoitti kirjutas"),
        ("Polish", "napisał napisała pisze"),
        ("Czech, Slovak", "napsal napsala napsal/a píše napísal napísala"),
        ("Croatian, Slovenian, Serbian", "napisao napisala napisal piše написао написала"),
        ("Hungarian", "írta"),
        ("Romanian", "scris"),
        ("Catalan, Galician, Basque", "escriure escrit escribiu idatzi"),
        ("Latvian, Lithuanian", "rakstīja rašė"),
        ("Turkish", "yazd\u0131 yazm\u0131ş"),
        ("Vietnamese, Indonesian", "viết menulis"),
        ("Russian", "пишет написал написала писал писала"),
        ("Ukrainian", "пише написав написала писав"),
        ("Bulgarian", "написа"),
        ("Greek", "έγραψε"),
        ("Hebrew, Arabic, Persian", "כתב כתבה كتب كتبت نوشت"),
        ("Korean", "작성"),
    )
    for word in words.split()
)
"""The word for `wrote` in an attribution line."""

VERBS_WITHIN: Final = ("写道", "寫道", "のメール", "のメッセージ", "書きました", "เขียนว่า", "님이 쓰신")
"""The same in scripts that do not part words by spaces."""

TELLING_WORDS: Final = frozenset(
    word
    for _language, words in (
        ("English", "i we my me us our your she he they"),
        ("German", "ich wir mir mich uns ihr ihre"),
        ("French", "nous vous votre notre"),
        ("Dutch", "ik wij mij uw"),
        ("Spanish", "yo nos nosotros"),
    )
    for word in words.split()
)
"""Words of a person who tells a story ("on 5 May your agent wrote:"), not of a program that names an author."""

ORIGINAL: Final = (
    *("original message", "original appointment", "reply message", "forwarded message", "forwarded by"),
    *("ursprüngliche nachricht", "originalnachricht", "original-nachricht", "original nachricht"),
    *("weitergeleitete nachricht", "weitergeleitet von", "originalmeddelande", "ursprungligt meddelande"),
    *("message original", "message d'origine", "message transféré", "message transmis", "courriel original"),
    *("mensaje original", "mensaje reenviado", "mensagem original", "mensagem encaminhada", "missatge original"),
    *("messaggio originale", "messaggio inoltrato", "oorspronkelijk bericht", "doorgestuurd bericht"),
    *("origineel bericht", "vidarebefordrat meddelande", "oprindelig meddelelse", "videresendt meddelelse"),
    *("opprinnelig melding", "videresendt melding", "original meddelelse", "alkuperäinen viesti"),
    *("välitetty viesti", "wiadomość oryginalna", "oryginalna wiadomość", "wiadomość przekazana"),
    *("treść przekazanej wiadomości", "przekazana wiadomość", "původní zpráva", "původní e-mail"),
    *("přeposlaná zpráva", "pôvodná správa", "preposlaná správa", "eredeti üzenet", "továbbított üzenet"),
    *("mesaj original", "mesajul original", "mesaj redirecționat", "orijinal mesaj", "özgün ileti"),
    *("iletilen mesaj", "izvorna poruka", "originalna poruka", "proslijeđena poruka", "izvirno sporočilo"),
    *("исходное сообщение", "пересылаемое сообщение", "пересланное сообщение", "оригинальное сообщение"),
    *("оригінальне повідомлення", "вихідне повідомлення", "переслане повідомлення", "оригинално съобщение"),
    *("αρχικό μήνυμα", "προωθημένο μήνυμα", "הודעה מקורית", "הודעה שהועברה", "الرسالة الأصلية", "رسالة أصلية"),
    *("原始邮件", "原邮件", "转发邮件", "转发的邮件", "原始郵件", "轉寄郵件", "元のメッセージ", "転送メッセージ"),
    *("원본 메일", "원본 메시지", "전달된 메일", "tin nhắn gốc", "thư gốc"),
    *("pesan asli", "pesan terusan", "algupärane sõnum", "sākotnējais ziņojums", "originalus laiškas"),
)
"""How a divider begins, when it stands between dashes."""

FORWARDED: Final = frozenset(
    (
        *("begin forwarded message", "inizio messaggio inoltrato", "début du message réexpédié"),
        *("début du message transféré", "anfang der weitergeleiteten nachricht", "begin doorgestuurd bericht"),
        *("inicio del mensaje reenviado", "início da mensagem reencaminhada", "início da mensagem encaminhada"),
        *("vidarebefordrat brev", "start på videresendt besked", "start på videresendt melding"),
        *("videresendt besked", "początek przekazywanej wiadomości", "začátek přeposílané zprávy"),
        *("začiatok preposlanej správy", "továbbított levél kezdete", "begin doorgestuurde bericht"),
        *("välitetty viesti alkaa", "начало переадресованного сообщения", "начало пересылаемого сообщения"),
        *("початок листа, що пересилається", "下面是被转发的邮件", "以下是轉寄的郵件"),
        *("転送されたメッセージ", "전달된 메시지"),
        *("iletilen ileti başlang\u0131c\u0131", "originalmeddelande följer"),
    )
)
"""Apple Mail's line above a forwarded message, without its colon."""

REPLY_ABOVE: Final = re.compile(
    r"^\W*(?:please |kindly |to )?(?:reply|type|write|respond|enter|add)\b.{0,60}\babove (?:this|the) .{0,10}line"
    r"|above this line to (?:reply|respond|add)"
    r"|au[- ]dessus de cette ligne"
    r"|(?:oberhalb|über) dieser (?:zeile|linie)"
    r"|encima de esta línea"
    r"|sopra (?:a )?questa (?:riga|linea)"
    r"|acima d(?:esta|essa) linha"
    r"|boven deze (?:regel|lijn)"
    r"|ovanför den(?:na|här) (?:rad|linje)"
    r"|over denne linje"
    r"|tämän rivin yläpuolelle"
    r"|powyżej tej linii|nad tą linią"
    r"|nad (?:tento|tímto|touto|týmto) (?:řád|riad|čár)"
    r"|bu sat\u0131r\u0131n üst"
    r"|выше этой (?:строки|линии|черты)"
    r"|この行より上|この行の上|此行(?:上方|之上|以上)|이 줄 위"
)
"""A help desk's line: the answer is to be written above it (searched in a lower-case line)."""

_PHONE: Final = r"(?:i ?phon|i ?pad|i ?pod|android|galaxy|black ?berry|mobil|phone|cell|handy|smartphone|tablet)"
_DEVICE: Final = (
    r"(?:i ?phon|i ?pad|i ?pod|i ?os|android|samsung|galaxy|black ?berry|nokia|lumia|htc|huawei|xiaomi|redmi|oppo"
    r"|motorola|oneplus|pixel|xperia|windows|outlook|yahoo|gmail|mailbox|airmail|sparrow|mailspring|spark|thunderbird"
    r"|mobil|mobiel|phone|cell|handy|smartphone|tablet|device|handheld|apparaat|\baol|\bgmx|web\.de|proton|k-9"
    r"|telefon|teléfono|télépho|telemóvel|celular|móvil|puhelim|телефон|смартфон|устройств|мобильн|мобільн)"
)
_DONE_WITH: Final = (
    # language, the words before the device; the whole line is short and holds a device or a mail program
    ("English", r"sent (?:from|with|using)|sent (?:by|via)(?= .{0,12}" + _PHONE + ")"),
    ("French", r"envoyée? (?:depuis|de|d'|à partir de|avec|via)"),
    ("German", r"(?:gesendet|verschickt|versendet|geschrieben) (?:von|mit|über|via|aus)"),
    ("Spanish, Portuguese", r"enviad[oa] (?:desde|de|do|da|a partir d[eo]|com|con|via|vía|pelo)|mandado desde"),
    ("Italian", r"inviat[oa] (?:da|dal|dalla|con|tramite)"),
    ("Dutch", r"(?:verzonden|verstuurd|gestuurd) (?:vanaf|van|met|vanuit|via)"),
    ("Swedish, Danish, Norwegian", r"(?:skickat|sendt|sänt) (?:från|fra|med|via)"),
    ("Finnish", r"lähetetty"),
    ("Polish, Czech, Slovak", r"wysłan[eoy] (?:z|za|przy)|odesl[aá]no z|odoslané z"),
    ("Croatian, Slovenian, Serbian", r"poslan[oa] s[a]?|poslato sa?"),
    ("Romanian, Hungarian, Estonian", r"trimis (?:de pe|din|cu)|elküldve|saadetud"),
    ("Russian, Ukrainian, Bulgarian, Greek", r"отправлено|надіслано|изпратено|στάλθηκε"),
    ("Chinese", r"(?:发自|發自|来自|從我的|从我的)"),
    ("Vietnamese, Indonesian", r"(?:đã |được )?gửi từ|dikirim dari"),
    ("Arabic, Hebrew", r"أرسلت من|נשלח מ"),
)
_WITH_DONE: Final = (
    # the same where the verb comes last
    (
        "German",
        r"(?:diese (?:nachricht|e-?mail|mail) wurde )?(?:von|mit|über) .{0,40}?",
        "(?:gesendet|verschickt|geschickt)",
    ),
    ("Turkish", "", "gönderildi"),
    ("Japanese, Korean", "(?:私の|나의|내)? ?", "(?:から送信.{0,8}|에서 보냄)"),
    ("Chinese", "(?:从|從|由) ?(?:我的)? ?", "(?:发送|傳送|发出|發出|寄出)"),
)

SIGN_OFF: Final = re.compile(
    "|".join(
        (
            *(rf"(?:{before}).{{0,40}}{_DEVICE}.{{0,80}}" for _language, before in _DONE_WITH),
            *(rf"{before}{_DEVICE}.{{0,60}}{after}" for _language, before, after in _WITH_DONE),
            r"sent from (?:my|an?|the)(?: [^\s.,;:!?]+){1,4}",
            r"sent from my [^.,;:!?]{1,40}[.,;]? {1,3}(?:please|pls|sorry|excuse|forgive|apologies)\b.{1,60}",
            r"sent from \[?mail\b.{0,100}",
            rf"(?:\w+ )?from (?:my |a )?{_PHONE}\w*(?: \w+)?",
            r"(?:get|download|try) \[?(?:outlook|yahoo mail|bluemail) (?:for|on)\b.{1,120}",
            r"(?:obten\w+|ottieni|scarica|télécharge\w*|descarga\w*|baix\w+|hole\w*|hämta|hent) \[?outlook\b.{1,120}",
            r"\[?outlook (?:für|voor|för|til|dla|pro) \w+\b.{0,120}",
            r"envoyée? (?:depuis|de) mon .{1,40}",
        )
    )
)
"""What a phone or a program puts below what was written: the whole line, lower case, without outer punctuation."""

FOOTER: Final = re.compile(
    r"you (?:received|are receiving|got) this (?:message|e-?mail)|(?:to )?unsubscribe"
    r"|this e-?mail (?:has been|was) (?:checked|scanned)|(?:reply|respond) to this email"
    r"|diese e-?mail wurde (?:von avast|auf viren)|l'absence de virus|cet e-?mail a été vérifié"
    r"|este correo .{0,40}antivirus|.{0,40}mailing list\b"
)
"""What a list manager or a virus scanner writes below a line of dashes (from the start of a lower-case line)."""
