"""What other programs and people write above their columns, in small letters without marks: nothing but tables.

Sources: the exports of Pipedrive, HubSpot, Salesforce, Google Contacts, Outlook, Thunderbird, Roundcube, mautic, Keila,
and what the columns are called in everyday English, German, French, Czech, Russian, Polish, Spanish and Italian.
"""

from collections.abc import Mapping
from typing import Final

from crm.records.models import Label

Names = tuple[str, ...]

# In front of a heading, of which record it is: "Person - Name", "Organisation: City"
PREFIXES: Final[Mapping[str, Names]] = {
    "person": ("person", "contact", "osoba", "kontakt", "personne", "контакт", "человек", "persona", "contacto", "pessoa", "contatto"),
    "organisation": (
        *("organization", "organisation", "company", "account", "firma", "organizace", "unternehmen", "firmen", "entreprise", "société"),
        *("организация", "компания", "organizacja", "empresa", "organización", "organizzazione", "azienda"),
    ),
    "deal": ("deal", "opportunity", "obchod", "geschäft", "affaire", "сделка", "szansa sprzedaży", "trato", "negócio", "affare"),
    "lead": ("lead", "лид", "lid"),
}

# Fields that several kinds have
PLACE: Final[Mapping[str, Names]] = {
    "address": (
        *("street", "street address", "address", "address line", "street and number", "address street", "mailing street", "mailingstreet"),
        *("billing street", "billingstreet", "straße", "strasse", "anschrift", "adresse", "straße und hausnummer", "straße hausnummer"),
        *("rue", "voie", "ulice", "ulice a číslo", "adresa", "улица", "адрес", "ulica", "adres", "calle", "dirección", "via", "indirizzo"),
        *("full combined address of address", "address1", "住所"),
    ),
    "address2": (
        *("address 2", "street 2", "address line 2", "street address 2", "address2", "address extended address", "adresszusatz"),
        *("complément d adresse", "streetaddress2"),
    ),
    "postcode": (
        *("postcode", "postal code", "post code", "zip", "zip code", "zipcode", "zip postal code", "mailing postal code"),
        *("mailingpostalcode", "billing postal code", "billingpostalcode", "mailing zip postal code", "address postal code", "plz"),
        *("postleitzahl", "code postal", "cp", "psč", "индекс", "почтовый индекс", "kod pocztowy", "código postal", "cap", "郵便番号"),
    ),
    "city": (
        *(
            "city",
            "town",
            "locality",
            "place",
            "mailing city",
            "mailingcity",
            "billing city",
            "billingcity",
            "address city",
            "ort",
            "stadt",
        ),
        *("wohnort", "ville", "commune", "město", "obec", "город", "населенный пункт", "miasto", "ciudad", "città", "市区町村"),
    ),
    "region": (
        *("region", "state", "province", "county", "state region", "state province", "mailing state", "mailingstate", "billing state"),
        *("billingstate", "mailing state province", "address region", "bundesland", "kraj", "région", "département", "область", "регион"),
        *("województwo", "provincia", "regione", "都道府県"),
    ),
    "country": (
        *("country", "country region", "mailing country", "mailingcountry", "billing country", "billingcountry", "address country", "land"),
        *("pays", "země", "stát", "страна", "kraj zamieszkania", "país", "paese", "country code", "国"),
    ),
}
EMAIL: Final[Names] = (
    *("email", "e mail", "mail", "email address", "e mail address", "mail address", "emailaddress", "primary email", "secondary email"),
    *("email value", "e mail value", "additional email", "additional email addresses", "e mail adresse", "email adresse", "mailadresse"),
    *("adresse e mail", "adresse email", "adresse électronique", "courriel", "e mailová adresa", "почта", "эл почта", "электронная почта"),
    *("емейл", "имейл", "adres e mail", "adres email", "correo", "correo electrónico", "posta elettronica", "indirizzo email", "メール"),
    *("メールアドレス", "emails", "e mails"),
)
PHONE: Final[Names] = (
    *("phone", "phone number", "telephone", "telephone number", "tel", "phone value", "phones", "main phone", "primary phone"),
    *("company main phone", "telefon", "telefonnummer", "rufnummer", "téléphone", "numéro de téléphone", "telefonní číslo", "телефон"),
    *("номер телефона", "numer telefonu", "teléfono", "telefono", "電話", "電話番号"),
)
TAGS: Final[Names] = (
    *("tags", "tag", "label", "labels", "category", "categories", "group membership", "groups", "group", "segments", "lists", "kategorien"),
    *("kategorie", "gruppe", "schlagwörter", "étiquettes", "libellé", "catégories", "štítek", "štítky", "метка", "метки", "теги", "группа"),
    *("etykieta", "etykiety", "etiqueta", "etiquetas", "etichetta", "etichette"),
)
OWNER: Final[Names] = (
    *(
        "owner",
        "contact owner",
        "company owner",
        "deal owner",
        "lead owner",
        "account owner",
        "owner name",
        "owner email",
        "opportunity owner",
    ),
    *(
        "assigned to",
        "assignee",
        "sales rep",
        "besitzer",
        "inhaber",
        "zuständig",
        "propriétaire",
        "responsable",
        "vlastník",
        "ответственный",
    ),
    *("владелец", "właściciel", "propietario", "proprietario"),
)
NOTE: Final[Names] = (
    *(
        "note",
        "notes",
        "comment",
        "comments",
        "description",
        "remarks",
        "message",
        "notiz",
        "notizen",
        "bemerkung",
        "bemerkungen",
        "kommentar",
    ),
    *(
        "notes de contact",
        "remarque",
        "remarques",
        "commentaire",
        "poznámka",
        "poznámky",
        "заметка",
        "заметки",
        "примечание",
        "комментарий",
    ),
    *("notatka", "notatki", "uwagi", "nota", "notas", "備考", "メモ"),
)
CREATED: Final[Names] = (
    *("created", "created at", "create date", "createddate", "created date", "date created", "person created", "organization created"),
    *("deal created", "organisation created", "added", "added at", "add time", "date added", "lead created", "erstellt", "erstellt am"),
    *("angelegt am", "date de création", "créé le", "vytvořeno", "создано", "дата создания", "utworzono", "fecha de creación"),
)
COMPANY: Final[Names] = (
    *("organisation", "organization", "organization name", "organisation name", "company", "company name", "companyname", "account"),
    *(
        "account name",
        "associated company",
        "associated company primary",
        "primary company",
        "employer",
        "firm",
        "business",
        "organizations",
    ),
    *("firma", "firmenname", "unternehmen", "organisationsname", "entreprise", "société", "raison sociale", "organizace", "společnost"),
    *("název firmy", "организация", "компания", "фирма", "название компании", "organizacja", "nazwa firmy", "empresa", "organización"),
    *("azienda", "società", "organizzazione", "会社", "会社名"),
)
CONSENT: Final[Mapping[str, Names]] = {
    "consent.state": (
        "tracking consent",
        "consent to tracking",
        "consent",
        "einwilligung",
        "tracking einwilligung",
        "consentement",
        "согласие",
    ),
    "consent.at": (
        *("consent date", "consent at", "tracking consent date", "consent time", "date of consent", "datum der einwilligung"),
        *("einwilligung am", "date de consentement", "дата согласия"),
    ),
    "consent.note": (
        "consent note",
        "consent source",
        "tracking consent source",
        "tracking consent note",
        "source of consent",
        "quelle der einwilligung",
    ),
}
SALE: Final[Mapping[str, Names]] = {
    "value": (
        *("value", "amount", "deal value", "amount in company currency", "price", "worth", "wert", "betrag", "summe", "valeur", "montant"),
        *("hodnota", "částka", "сумма", "стоимость", "бюджет", "wartość", "kwota", "valor", "importe", "valore", "importo", "金額"),
    ),
    "currency": (
        *("currency", "currency of value", "deal currency", "currency code", "amount currency", "währung", "devise", "měna", "валюта"),
        *("waluta", "moneda", "moeda", "valuta"),
    ),
    "expected_close_on": (
        *("expected close date", "expected close", "close date", "closedate", "expected closing date", "closing date", "abschlussdatum"),
        *("erwarteter abschluss", "erwartetes abschlussdatum", "date de clôture", "date de clôture prévue", "očekávané datum uzavření"),
        *("ожидаемая дата закрытия", "дата закрытия", "oczekiwana data zamknięcia", "fecha de cierre", "data di chiusura"),
    ),
}
JOB: Final[Names] = (
    *(
        "job title",
        "jobtitle",
        "title",
        "position",
        "role",
        "function",
        "occupation",
        "organization title",
        "profession",
        "stelle",
        "funktion",
    ),
    *(
        "beruf",
        "berufsbezeichnung",
        "fonction",
        "poste",
        "titre",
        "pozice",
        "funkce",
        "должность",
        "stanowisko",
        "cargo",
        "puesto",
        "posizione",
    ),
    *("mansione", "役職"),
)
PERSON_NAME: Final[Names] = (
    *("name", "full name", "fullname", "display name", "contact name", "contact person", "contact", "person", "person name", "customer"),
    *("vollständiger name", "anzeigename", "ansprechpartner", "kontaktperson", "nom", "nom complet", "nom affiché", "jméno"),
    *(
        "celé jméno",
        "jméno a příjmení",
        "kontaktní osoba",
        "имя",
        "имя и фамилия",
        "фио",
        "полное имя",
        "контакт",
        "контактное лицо",
        "imię",
    ),
    *("imię i nazwisko", "osoba kontaktowa", "nombre", "nombre completo", "nome", "nome completo", "名前", "氏名", "姓名"),
)
NAME_PARTS: Final[Mapping[str, Names]] = {
    "first_name": (
        *("first name", "firstname", "given name", "forename", "vorname", "prénom", "křestní jméno", "имя контакта", "имя собственное"),
        *("primer nombre", "nome di battesimo", "名"),
    ),
    "middle_name": ("middle name", "middlename", "additional name", "second name", "zweiter vorname", "отчество", "prostřední jméno"),
    "last_name": (
        *(
            "last name",
            "lastname",
            "surname",
            "family name",
            "nachname",
            "familienname",
            "nom de famille",
            "příjmení",
            "фамилия",
            "nazwisko",
        ),
        *("apellido", "apellidos", "cognome", "sobrenome", "姓"),
    ),
}
DOMAIN: Final[Names] = (
    *(
        "domain",
        "company domain name",
        "domain name",
        "website",
        "website url",
        "web site",
        "web",
        "url",
        "homepage",
        "webseite",
        "webová stránka",
    ),
    *("internetseite", "site web", "site internet", "сайт", "веб сайт", "домен", "strona www", "sitio web", "sito web", "website value"),
)

FIELDS: Final[Mapping[str, Mapping[str, Names]]] = {
    "person": {
        "name": PERSON_NAME,
        **NAME_PARTS,
        "emails": EMAIL,
        "phones": PHONE,
        "organisation": COMPANY,
        "job_title": JOB,
        **PLACE,
        "tags": TAGS,
        "owner": OWNER,
        "visibility": ("visible to", "seen by", "visibility"),
        "note": NOTE,
        "created_at": CREATED,
        **CONSENT,
    },
    "organisation": {
        "name": (*COMPANY, "name", "название", "bezeichnung", "nom", "název", "nazwa", "nombre", "nome", "名前"),
        "domain": DOMAIN,
        "emails": EMAIL,
        "phones": PHONE,
        **PLACE,
        "tags": TAGS,
        "owner": OWNER,
        "visibility": ("visible to", "seen by", "visibility"),
        "note": NOTE,
        "created_at": CREATED,
    },
    "deal": {
        "title": (
            *("title", "deal title", "deal name", "dealname", "name", "deal", "opportunity name", "opportunity", "titel", "bezeichnung"),
            *("titre", "název", "название", "название сделки", "tytuł", "nazwa", "título", "titolo", "案件名"),
        ),
        **SALE,
        "stage": ("stage", "deal stage", "dealstage", "stage name", "phase", "étape", "fáze", "этап", "стадия", "etap", "etapa", "fase"),
        "pipeline": ("pipeline", "pipeline name", "воронка", "lejek", "embudo", "sales pipeline"),
        "probability": ("probability", "deal probability", "wahrscheinlichkeit", "probabilité", "pravděpodobnost", "вероятность"),
        "status": ("status", "deal status", "stav", "statut", "état", "статус", "estado", "stato"),
        "closing_reason": ("lost reason", "reason", "closed lost reason", "closed won reason", "verlustgrund", "причина проигрыша"),
        "closed_at": ("won time", "lost time", "deal closed on", "closed at", "closed", "geschlossen am"),
        "person": (
            *("contact person", "contact", "contact name", "person", "person name", "associated contact", "primary contact", "customer"),
            *(
                "ansprechpartner",
                "kontaktperson",
                "kontaktní osoba",
                "контактное лицо",
                "контакт",
                "osoba kontaktowa",
                "contacto",
                "contatto",
            ),
        ),
        "person.emails": EMAIL,
        "person.phones": PHONE,
        "participants": ("participants", "teilnehmer", "участники"),
        "organisation": COMPANY,
        "tags": TAGS,
        "owner": OWNER,
        "visibility": ("visible to", "seen by", "visibility"),
        "note": NOTE,
        "created_at": CREATED,
    },
    "lead": {
        "title": ("title", "lead title", "lead name", "subject", "titel", "название", "titre", "název", "tytuł"),
        "person_name": PERSON_NAME,
        **NAME_PARTS,
        "email": EMAIL,
        "phone": PHONE,
        "job_title": JOB[:2] + JOB[3:],
        "organisation_name": (*COMPANY, "organisation s name"),
        **SALE,
        "source": ("source", "lead source", "leadsource", "origin", "quelle", "herkunft", "source du lead", "zdroj", "источник", "źródło"),
        "tags": TAGS,
        "owner": OWNER,
        "visibility": ("visible to", "seen by", "visibility"),
        "note": NOTE,
        "created_at": CREATED,
    },
}

# Words beside "email", "phone", "street" that say what it is for; the later ones win ("home mobile" is a mobile)
LABELS: Final[Mapping[str, Label]] = {
    **dict.fromkeys(("work", "business", "office", "main", "primary", "pracovní", "práce", "geschäftlich", "arbeit"), Label.WORK),
    **dict.fromkeys(
        ("büro", "dienstlich", "professionnel", "travail", "bureau", "рабочий", "работа", "praca", "służbowy", "trabajo"), Label.WORK
    ),
    **dict.fromkeys(("home", "private", "personal", "privat", "domácí", "domů", "personnel", "domicile", "домашний", "личный"), Label.HOME),
    **dict.fromkeys(("domowy", "prywatny", "casa"), Label.HOME),
    **dict.fromkeys(("billing", "invoice", "rechnung", "facturation", "fakturační"), Label.BILLING),
    **dict.fromkeys(("other", "additional", "secondary", "car", "pager", "video", "assistant"), Label.OTHER),
    **dict.fromkeys(("sonstige", "andere", "autre", "jiný", "ostatní", "другой", "inny", "otro", "altro"), Label.OTHER),
    **dict.fromkeys(
        ("mobile", "mobil", "cell", "cellphone", "handy", "mobilní", "portable", "мобильный", "komórka", "móvil"), Label.MOBILE
    ),
    **dict.fromkeys(("fax", "telefax", "факс"), Label.FAX),
}
LABEL_ALONE: Final = frozenset({Label.MOBILE, Label.FAX})  # such a word alone is a number: "Mobile", "Fax", "Handy"
ALONE_TOO: Final = frozenset({"pager"})

# Headings that mean the whole name, or a part of it where the other part stands in a column of its own
FULL_OR_LAST: Final = frozenset({"name", "nom", "imię"})  # beside "Vorname", "Prénom"
FULL_OR_FIRST: Final = frozenset({"jméno", "имя", "imię", "nombre", "nome"})  # beside "Příjmení", "Фамилия"
FIRST_OF_NAME: Final = frozenset({"vorname", "prénom"})

LABEL_OF_NEXT: Final = frozenset({"email type", "e mail type", "phone type", "email label", "e mail label", "phone label"})
LEFT_OUT: Final = frozenset(  # what would otherwise be taken for something else
    {
        *(
            "organization type",
            "address type",
            "address label",
            "organization department",
            "website type",
            "relation type",
            "email opt out",
        ),
        *("organization symbol", "organization location", "organization job description", "address formatted", "address po box"),
        *("assistant name", "manager name", "phone extension"),
    }
)
SALUTATIONS: Final = frozenset(
    {
        *(
            "mr",
            "mrs",
            "ms",
            "miss",
            "mx",
            "dr",
            "prof",
            "herr",
            "frau",
            "hr",
            "fr",
            "m",
            "mme",
            "mlle",
            "pan",
            "paní",
            "sr",
            "sra",
            "prefix",
        ),
        *("г-н", "г-жа", "господин", "госпожа", "sig", "pani"),
    }
)

GROUPS_OF_ALL: Final = frozenset({"mycontacts", "my contacts"})  # Google puts everybody into it
YES: Final = frozenset(
    {"yes", "true", "1", "y", "x", "on", "ja", "oui", "ano", "да", "tak", "sí", "si", "subscribed", "opted in", "opted-in"}
)
NO: Final = frozenset(
    {"no", "false", "0", "n", "off", "nein", "non", "ne", "нет", "nie", "unsubscribed", "opted out", "opted-out", "cleaned"}
)
WON: Final = frozenset({"won", "closed won", "closedwon", "gewonnen", "gagné", "vyhráno", "выиграна", "выиграно", "wygrana", "ganado"})
LOST: Final = frozenset(
    {"lost", "closed lost", "closedlost", "verloren", "perdu", "prohráno", "проиграна", "проиграно", "przegrana", "perdido"}
)
