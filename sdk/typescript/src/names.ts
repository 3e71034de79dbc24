// Made by `verax reference`; do not edit.

import type { Image, Json, Moment } from './values.js';

/** What populating shows. */
export interface PopulatedClient {
  _id: string;
  name?: string;
  email?: string;
}

/** What populating shows. */
export interface PopulatedProject {
  _id: string;
  name?: string;
  description?: string;
}

/** What populating shows. */
export interface PopulatedCollection {
  _id: string;
  code?: string;
  name?: string;
}

/** What populating shows. */
export interface PopulatedProjectFlow {
  _id: string;
  name?: string;
  type?: string;
}

/** What populating shows. */
export interface PopulatedEmailValidation {
  _id: string;
  status?: "new" | "sent" | "validated" | "failed" | "expired";
  email?: string;
  type?: string;
  validationMethod?: string;
  validatedAt?: string;
}

/** What populating shows. */
export interface PopulatedPhoneValidation {
  _id: string;
  status?: "new" | "sent" | "validated" | "failed" | "expired";
  countryCode?: string;
  phone?: string;
  phoneGateway?: string;
  type?: string;
  validationMethod?: string;
  validatedAt?: string;
}

/** What populating shows. */
export interface PopulatedBiometricValidation {
  _id: string;
  status?: "new" | "pending" | "completed" | "failed" | "expired";
  type?: "validation" | "login" | "onboarding" | "oneTimeLink";
}

/** What populating shows. */
export interface PopulatedDocumentValidation {
  _id: string;
  status?: "ASSESSING" | "ACTIVE" | "ACTIVE_BUT_UNVERIFIED" | "NEEDS_MANUAL_VERIFICATION" | "NOT_FOUND" | "FAILED" | "EXPIRED";
  documentType?: string;
  documentCategory?: string;
  country?: string;
  documentNumber?: string;
  namesMatch?: boolean;
  imageValidated?: boolean;
  requiresBackSide?: boolean;
  url?: string;
  backUrl?: string;
  OCRExtraction?: { documentNumber?: string; personalNumber?: string; firstName?: string; lastName?: string; fullName?: string; dateOfBirth?: string; gender?: string; nationality?: string; expirationDate?: string; issueDate?: string; country?: string; address?: string; documentType?: string; };
}

/** What populating shows. */
export interface PopulatedPerson {
  _id: string;
  name?: string;
  gender?: string;
  date_of_birth?: string;
  nationality?: string;
  status?: string;
}

/** What populating shows. */
export interface PopulatedLivenessSession {
  _id: string;
  status?: string;
  expiresAt?: string;
}

/** What populating shows. */
export interface PopulatedAppRegistration {
  _id: string;
  fullName?: string;
  email?: string;
  status?: string;
}

/** What populating shows. */
export interface PopulatedWebhook {
  _id: string;
  name?: string;
  url?: string;
  isActive?: boolean;
}

/** What a client validates people for: its name, its rules, its look. */
export interface Project {
  /** The record's id. */
  _id: string;
  /** The client whose record it is. */
  client?: string | PopulatedClient | null;
  /** Its name. */
  name?: string;
  /** What it is for. */
  description?: string;
  /** A name of the client's own. */
  identifier?: string;
  /** Support contact shown to end users. */
  contactEmail?: string;
  /** Its privacy notice. */
  privacyUrl?: string;
  /** Its terms. */
  termsAndConditionsUrl?: string;
  /** Country names, or All. */
  allowedCountries?: Json;
  /** The language of its pages. */
  defaultLanguage?: string;
  /** Who answers for the data. */
  dataProtection?: Json;
  /** Colours and logos of its pages. */
  branding?: Json;
  /** Whether it is in use. */
  status?: string;
  /** Whom it validates. */
  target?: string;
  /** Current onboarding step. */
  currentStep?: number;
  /** The last step of its set-up. */
  lastStep?: number;
  /** Whether it is a trial. */
  demoMode?: boolean;
  /** Whether logins and registrations may begin without a token. */
  allowAnonymous?: boolean;
  /** Schema version. */
  version?: number;
  /** The collection of its persons. */
  assignedCollection?: string;
  /** That collection's code. */
  collectionCode?: string;
  /** When it was created. */
  createdAt?: string;
  /** When it last changed. */
  updatedAt?: string;
  /** Shown by `populates[]` alone, as null or an empty list: this server has none yet. */
  projectMembers?: unknown[];
  /** Shown by `with[]` or `populates[]` alone. */
  projectFlows?: ({ _id: string; client?: string | PopulatedClient | null; project?: string | PopulatedProject | null; type?: string; status?: string; version?: number; name?: string; target?: string; redirectUrl?: string; webhookUrl?: string; identityUrl?: string; webhook?: string; systemForm?: string; allowedCountries?: Json; onboardingSettings?: Json; loginSettings?: Json; signUpForm?: Json; documents?: Json; liveness?: Json; steps?: Json; review?: Json; business?: Json; representatives?: Json; linkSettings?: Json; security?: Json; integrations?: Json; emailTemplates?: Json; createdAt?: string; updatedAt?: string; })[];
}

/** One way through a project: login, onboarding or a smart link, and its thresholds. */
export interface ProjectFlow {
  /** The record's id. */
  _id: string;
  /** The client whose record it is. */
  client?: string | PopulatedClient | null;
  /** The project it belongs to. */
  project?: string | PopulatedProject | null;
  /** What it is for. */
  type?: string;
  /** Whether it is in use. */
  status?: string;
  /** Schema version. */
  version?: number;
  /** Its name. */
  name?: string;
  /** Whom it validates. */
  target?: string;
  /** Where its users go afterwards. */
  redirectUrl?: string;
  /** URL that receives webhook events. */
  webhookUrl?: string;
  /** Where its users show who they are. */
  identityUrl?: string;
  /** The id of a webhook, as it was given. */
  webhook?: string | null;
  /** The id of a form, as it was given. */
  systemForm?: string;
  /** Country names, as they were given. */
  allowedCountries?: Json;
  /** Form, steps, documents and liveness, as flows before version 3 have them. */
  onboardingSettings?: Json;
  /** How its users log in. */
  loginSettings?: Json;
  /** What its users are asked. */
  signUpForm?: Json;
  /** Which documents it takes. */
  documents?: Json;
  /** Attempts and thresholds of its face checks. */
  liveness?: Json;
  /** Which steps are mandatory, optional or skipped. */
  steps?: Json;
  /** When a person decides, and whether a second one confirms. */
  review?: Json;
  /** Which documents of a business it takes. */
  business?: Json;
  /** What a business's people are asked. */
  representatives?: Json;
  /** What a smart link asks. */
  linkSettings?: Json;
  /** Who is let in, as it was given. */
  security?: Json;
  /** What it is connected to. */
  integrations?: Json;
  /** What the emails to its users say. */
  emailTemplates?: Json;
  /** When it was created. */
  createdAt?: string;
  /** When it last changed. */
  updatedAt?: string;
}

/** A set of persons that a face can be searched in. */
export interface Collection {
  /** The record's id. */
  _id: string;
  /** The client whose record it is. */
  client?: string | PopulatedClient | null;
  /** Its other name: a UUID, taken wherever its id is. */
  code?: string;
  /** Its name. */
  name?: string;
  /** What it is for. */
  description?: string;
  /** The project whose persons it holds. */
  project?: string | PopulatedProject | null;
  /** Always false: what is deleted is gone. */
  deleted?: boolean;
  /** When it was created. */
  createdAt?: string;
  /** When it last changed. */
  updatedAt?: string;
}

/** A person whose face is known. Templates are stored encrypted and never shown. */
export interface Person {
  /** The record's id. */
  _id: string;
  /** The client whose record it is. */
  client?: string | PopulatedClient | null;
  /** The whole name, without digits. */
  name?: string;
  /** M or F. */
  gender?: string;
  /** The day of birth. */
  date_of_birth?: string;
  /** The nationality, as it was given. */
  nationality?: string;
  /** The collections that the person is in. */
  collections?: (string | PopulatedCollection | null)[];
  /** What the client noted. */
  notes?: string;
  /** Email address. */
  email?: string;
  /** Phone number. */
  phone?: string;
  /** Whether the person is in use. */
  status?: string;
  /** Always false: who is deleted is gone. */
  deleted?: boolean;
  /** When the person was enrolled. */
  createdAt?: string;
  /** When it last changed. */
  updatedAt?: string;
  /** Small images, if they are stored and the token has the scope media:read. */
  thumbnails?: { id: string; thumbnail: string; }[];
}

/** A short-lived permission to capture one face. */
export interface LivenessSession {
  /** The record's id. */
  _id: string;
  /** The client whose record it is. */
  client?: string | PopulatedClient | null;
  /** The project. */
  project?: string | PopulatedProject | null;
  /** The flow. */
  projectFlow?: string | PopulatedProjectFlow | null;
  /** Who is being validated. */
  identifier?: string;
  /** Whether it can still be used. */
  status?: string;
  /** When it can no longer be used. */
  expiresAt?: string;
  /** When it was created. */
  createdAt?: string;
  /** When it last changed. */
  updatedAt?: string;
}

/** A person on the way through a project flow. */
export interface AppRegistration {
  /** The record's id. */
  _id: string;
  /** The client whose record it is. */
  client?: string | PopulatedClient | null;
  /** The project. */
  project?: string | PopulatedProject | null;
  /** The flow. */
  projectFlow?: string | PopulatedProjectFlow | null;
  /** How far the person came. */
  status?: string;
  /** The person's whole name. */
  fullName?: string;
  /** First name. */
  firstName?: string;
  /** Last name. */
  lastName?: string;
  /** Email address. */
  email?: string;
  /** Phone number without its country code. */
  phone?: string;
  /** Country code of the phone: +57. */
  countryCode?: string;
  /** Language of the pages. */
  language?: string;
  /** The step that comes next. */
  currentStep?: string;
  /** The check of the email address. */
  emailValidation?: string | PopulatedEmailValidation | null;
  /** The check of the phone number. */
  phoneValidation?: string | PopulatedPhoneValidation | null;
  /** The face check that it passed. */
  biometricValidation?: string | PopulatedBiometricValidation | null;
  /** The document that was read and not rejected. */
  documentValidation?: string | PopulatedDocumentValidation | null;
  /** The newest document check of `document-liveness` that it passed. */
  documentLiveness?: string;
  /** Whether the enrolled face is the one on the document; kept for a while. `scale` is the edition of the scale of the scores, `faces` where both stand on the images that are stored, in pixels of the upright image. */
  compareFaceVerification?: { result?: { score?: number; passed?: boolean; compare_min_score?: number; }; comparedAt?: string; model?: string; scale?: string; faces?: { selfie?: { resource?: string; _id?: string; width?: number; height?: number; box?: { x?: number; y?: number; width?: number; height?: number; }; points?: unknown; } | null; document?: { resource?: string; _id?: string; width?: number; height?: number; box?: { x?: number; y?: number; width?: number; height?: number; }; points?: unknown; } | null; }; };
  /** The person who was enrolled. */
  person?: string | PopulatedPerson | null;
  /** What the person has agreed to. */
  consentSession?: Json;
  /** The face checks that it did not pass. */
  failedBiometricValidations?: Json;
  /** Documents that were rejected, or replaced by another one. */
  failedDocumentValidations?: (string | PopulatedDocumentValidation | null)[];
  /** The collection of the person. */
  assignedCollection?: string;
  /** What reviewers decided. */
  manualReviewLog?: Json;
  /** When it was created. */
  createdAt?: string;
  /** When it last changed. */
  updatedAt?: string;
  /** Shown by `populates[]` alone, as null or an empty list: this server has none yet. */
  informationValidation?: null;
  /** Shown by `populates[]` alone, as null or an empty list: this server has none yet. */
  face?: null;
  /** Shown by `populates[]` alone, as null or an empty list: this server has none yet. */
  documentFace?: null;
  /** Shown by `populates[]` alone, as null or an empty list: this server has none yet. */
  cryptoValidation?: null;
  /** Shown by `populates[]` alone, as null or an empty list: this server has none yet. */
  formSubmittion?: null;
  /** Shown by `populates[]` alone, as null or an empty list: this server has none yet. */
  signature?: null;
  /** Shown by `populates[]` alone, as null or an empty list: this server has none yet. */
  accessControlLog?: null;
  /** Shown by `populates[]` alone, as null or an empty list: this server has none yet. */
  smartLink?: null;
}

/** A check that a person receives what is sent to an email address. */
export interface EmailValidation {
  /** The record's id. */
  _id: string;
  /** The client whose record it is. */
  client?: string | PopulatedClient | null;
  /** The project it was made for. */
  project?: string | PopulatedProject | null;
  /** The flow it was made in. */
  projectFlow?: string | PopulatedProjectFlow | null;
  /** The registration whose contact it is. */
  appRegistration?: string;
  /** Where it stands. */
  status?: "new" | "sent" | "validated" | "failed" | "expired";
  /** The address. */
  email?: string;
  /** What it is for. */
  type?: string;
  /** A code, or a link. */
  validationMethod?: string;
  /** When its code is no longer taken. */
  expiresAt?: string;
  /** Where the person goes afterwards. */
  redirectUrl?: string;
  /** Whether a login needs the face besides. */
  requires2FA?: boolean;
  /** The address given for the person. */
  ipAddress?: string;
  /** The language of the message: en, es or pt. */
  language?: string;
  /** How many codes were tried. */
  attempts?: number;
  /** How many codes may be tried. */
  maxAttempts?: number;
  /** Why it failed. */
  reason?: string;
  /** When it was created. */
  createdAt?: string;
  /** When it last changed. */
  updatedAt?: string;
  /** When the right code came. */
  validatedAt?: string;
}

/** A check that a person receives what is sent to a phone number. */
export interface PhoneValidation {
  /** The record's id. */
  _id: string;
  /** The client whose record it is. */
  client?: string | PopulatedClient | null;
  /** The project it was made for. */
  project?: string | PopulatedProject | null;
  /** The flow it was made in. */
  projectFlow?: string | PopulatedProjectFlow | null;
  /** The registration whose contact it is. */
  appRegistration?: string;
  /** Where it stands. */
  status?: "new" | "sent" | "validated" | "failed" | "expired";
  /** Country code of the phone: +57. */
  countryCode?: string;
  /** Phone number without its country code. */
  phone?: string;
  /** What the code is sent by. */
  phoneGateway?: string;
  /** What it is for. */
  type?: string;
  /** A code. */
  validationMethod?: string;
  /** When its code is no longer taken. */
  expiresAt?: string;
  /** Where the person goes afterwards. */
  redirectUrl?: string;
  /** Whether a login needs the face besides. */
  requires2FA?: boolean;
  /** The address given for the person. */
  ipAddress?: string;
  /** The language of the message: en, es or pt. */
  language?: string;
  /** How many codes were tried. */
  attempts?: number;
  /** How many codes may be tried. */
  maxAttempts?: number;
  /** Why it failed. */
  reason?: string;
  /** When it was created. */
  createdAt?: string;
  /** When it last changed. */
  updatedAt?: string;
  /** When the right code came. */
  validatedAt?: string;
}

/** A check of a person's face: liveness, presentation attacks, quality, identity. */
export interface BiometricValidation {
  /** The record's id. */
  _id: string;
  /** The client whose record it is. */
  client?: string | PopulatedClient | null;
  /** The project it was made for. */
  project?: string | PopulatedProject | null;
  /** The flow it was made in. */
  projectFlow?: string | PopulatedProjectFlow | null;
  /** Its capture session. */
  livenessSession?: string | PopulatedLivenessSession | null;
  /** The registration it belongs to. */
  appRegistration?: string | PopulatedAppRegistration | null;
  /** Where it stands. */
  status?: "new" | "pending" | "completed" | "failed" | "expired";
  /** Who is being validated: an email or a name of yours. */
  identifier?: string;
  /** What it is for. */
  type?: "validation" | "login" | "onboarding" | "oneTimeLink";
  /** When it can no longer be completed. */
  expiresAt?: string;
  /** Where the user goes afterwards. */
  redirectUrl?: string;
  /** Who is told of the outcome. */
  webhookUrl?: string;
  /** Whether a second factor is asked for. */
  requires2FA?: boolean;
  /** The address given for the user. */
  ipAddress?: string;
  /** Whether the link is sent by email. */
  sendViaEmail?: boolean;
  /** Where the link is sent. */
  email?: string;
  /** The language of the capture page: en or es. */
  language?: string;
  /** The capture page. */
  url?: string;
  /** The collection compared with. */
  assignedCollection?: string;
  /** That collection's code. */
  collectionCode?: string;
  /** Liveness, 0..1. */
  livenessScore?: number;
  /** Liveness and persons found. */
  response?: Json;
  /** Which measurement missed which limit, or why there is none. */
  reasons?: Json;
  biometricData?: { quality?: "good" | "acceptable" | "poor"; livenessScore?: number; };
  verificationResults?: { livenessDetection?: "passed" | "failed" | "not_checked"; identityMatch?: "passed" | "failed" | "not_checked"; qualityScore?: number; antiSpoofing?: "passed" | "failed" | "not_checked"; };
  /** The checks that failed: an empty list where those that were made passed, absent where none was made. */
  failedChecks?: ("livenessDetection" | "identityMatch" | "antiSpoofing" | "quality")[];
  /** Risk, 0 (none) to 1. */
  riskScore?: number;
  /** Whether the image was stored. */
  imageSaved?: boolean;
  /** When it was created. */
  createdAt?: string;
  /** When it last changed. */
  updatedAt?: string;
  /** When it was completed. */
  completedAt?: string;
  /** Shown by `populates[]` alone, as null or an empty list: this server has none yet. */
  face?: null;
}

/** An identity document that was read: its values, where each comes from, and whether they agree. */
export interface DocumentValidation {
  /** The record's id. */
  _id: string;
  /** The client whose record it is. */
  client?: string | PopulatedClient | null;
  /** The project it was read for. */
  project?: string | PopulatedProject | null;
  /** The flow it was read in. */
  projectFlow?: string | PopulatedProjectFlow | null;
  /** The registration whose document it is. */
  appRegistration?: string | PopulatedAppRegistration | null;
  /** Where it stands. */
  status?: "ASSESSING" | "ACTIVE" | "ACTIVE_BUT_UNVERIFIED" | "NEEDS_MANUAL_VERIFICATION" | "NOT_FOUND" | "FAILED" | "EXPIRED";
  /** What it was read for. */
  type?: string;
  /** How it was read. */
  validationMethod?: string;
  /** Where the image comes from, as its sender says. */
  inputMethod?: string;
  /** What the document is: the type that was asked for, or else its category. */
  documentType?: string;
  /** What kind of document was recognised. */
  documentCategory?: string;
  /** The issuing state, ISO 3166 alpha-3. */
  country?: string;
  /** The number of the document. */
  documentNumber?: string;
  /** Whether the images were stored. */
  imageSaved?: boolean;
  /** Where the stored image of the front is. */
  url?: string;
  /** Where the stored image of the back is. */
  backUrl?: string;
  /** Whether values were read and no check of the image failed. */
  imageValidated?: boolean;
  /** Whether an image of the back is waited for. */
  requiresBackSide?: boolean;
  /** Whether the names are those that the person stated; absent where one is missing. */
  namesMatch?: boolean;
  /** How alike the stated and the read whole names are, 0..100. */
  fullNameMatchPercentage?: number;
  /** How alike the stated and the read first names are, 0..100. */
  firstNameMatchPercentage?: number;
  /** How alike the stated and the read last names are, 0..100. */
  lastNameMatchPercentage?: number;
  /** The holder's age in years on the day of reading. */
  age?: string;
  /** Risk, 0 (none) to 1: of imported records alone. */
  riskScore?: number;
  /** What was read. */
  OCRExtraction?: { documentNumber?: string; personalNumber?: string; firstName?: string; lastName?: string; fullName?: string; dateOfBirth?: string; gender?: string; nationality?: string; expirationDate?: string; issueDate?: string; country?: string; address?: string; documentType?: string; details?: unknown; documentClassification?: unknown; };
  /** The same under the protocol's older names. */
  documentData?: { firstName?: string; middleName?: string; lastName?: string; documentNumber?: string; birthDate?: string; expirationDate?: string; issueDate?: string; gender?: string; nationality?: string; };
  /** What each check found: passed, failed or not_checked. One record alone says what was compared. */
  validationResults?: { checkDigits?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; nationalNumber?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; documentNumberAgrees?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; namesAgree?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; birthDateAgrees?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; expirationDateAgrees?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; sexAgrees?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; countryAgrees?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; datesArePossible?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; notExpired?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; minimumAge?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; documentTypeAllowed?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; countryAllowed?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; namesMatch?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; birthDateMatches?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; documentNumberMatches?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; portraitMatchesFace?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; ghostPortraitMatches?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; numberOfOnePerson?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; screenReplay?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; printedCopy?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; portraitSubstitution?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; digitalManipulation?: { result?: "passed" | "failed" | "not_checked"; details?: string; values?: unknown; }; };
  /** The checks that failed: an empty list where those that were made passed, absent where none was made. */
  failedChecks?: ("screenReplay" | "printedCopy" | "portraitSubstitution" | "digitalManipulation" | "checkDigits" | "nationalNumber" | "documentNumberAgrees" | "namesAgree" | "birthDateAgrees" | "expirationDateAgrees" | "sexAgrees" | "countryAgrees" | "datesArePossible" | "notExpired" | "minimumAge" | "documentTypeAllowed" | "countryAllowed" | "namesMatch" | "birthDateMatches" | "documentNumberMatches" | "portraitMatchesFace" | "ghostPortraitMatches" | "numberOfOnePerson")[];
  /** All that was read: `confidence`, `rawText`, and each value with its `source`. */
  ocrResults?: Json;
  /** Why it could not be read. */
  failureReason?: string;
  /** Why a reviewer was asked for. */
  manualVerification?: Json;
  /** What a reviewer said of the names. */
  manualNameReview?: Json;
  /** When it was created. */
  createdAt?: string;
  /** When it last changed. */
  updatedAt?: string;
  /** When it was read. */
  completedAt?: string;
  /** Shown by `populates[]` alone, as null or an empty list: this server has none yet. */
  documentLiveness?: null;
}

/** A person who came in by email, phone or face. It is born from a validation alone. */
export interface AppLogin {
  /** The record's id. */
  _id: string;
  /** The client whose record it is. */
  client?: string | PopulatedClient | null;
  /** Who came in, as the validation named them. */
  name?: string;
  /** Whether the person is in. */
  status?: "pending" | "completed" | "failed";
  /** The project. */
  project?: string | PopulatedProject | null;
  /** The flow. */
  projectFlow?: string | PopulatedProjectFlow | null;
  /** What the person came in by. */
  type?: "email" | "phone" | "faceLiveness";
  /** The check of the email address. */
  emailValidation?: string | PopulatedEmailValidation | null;
  /** The check of the phone number. */
  phoneValidation?: string | PopulatedPhoneValidation | null;
  /** The check of the face. */
  biometricValidation?: string | PopulatedBiometricValidation | null;
  /** The registration of the person. */
  appRegistration?: string | PopulatedAppRegistration | null;
  /** The person who was recognised. */
  person?: string | PopulatedPerson | null;
  /** When it was created. */
  createdAt?: string;
  /** When it last changed. */
  updatedAt?: string;
  /** Shown by `populates[]` alone, as null or an empty list: this server has none yet. */
  face?: null;
  /** Shown by `populates[]` alone, as null or an empty list: this server has none yet. */
  accessControlLog?: null;
}

/** A check of a photographed identity document: screen replay, printed copy, portrait substitution, digital manipulation. */
export interface DocumentLivenessValidation {
  /** The record's id. */
  _id: string;
  /** The client whose record it is. */
  client?: string | PopulatedClient | null;
  /** The registration it belongs to. */
  appRegistration?: string | PopulatedAppRegistration | null;
  /** Whether the image was stored. */
  imageSaved?: boolean;
  /** Where the stored image is. */
  imageUrl?: string;
  /** Where it stands. */
  status?: "new" | "processing" | "completed" | "failed";
  /** What each check found; a check that was not asked for is absent, and one that could not be made has null as `passed` and `score`. */
  validationResults?: { screenReplay?: { passed?: boolean | null; score?: number | null; details?: string; }; printedCopy?: { passed?: boolean | null; score?: number | null; details?: string; }; portraitSubstitution?: { passed?: boolean | null; score?: number | null; details?: string; }; digitalManipulation?: { passed?: boolean | null; score?: number | null; details?: string; }; };
  /** SOFT, REGULAR or HARD per check. */
  calibrationSettings?: Json;
  /** Validations that were not to fail it. */
  validationFlags?: Json;
  /** The checks that failed: an empty list where those that were made passed, absent where none was made. */
  failedChecks?: ("documentCropped" | "colourLess" | "screenReplay" | "printedCopy" | "portraitSubstitution" | "digitalManipulation")[];
  /** Risk, 0 (none) to 1. */
  riskScore?: number;
  /** How much the image allows to be concluded, 0..1. */
  confidence?: number;
  /** Why it failed. */
  failureReason?: string;
  /** When it was created. */
  createdAt?: string;
  /** When it last changed. */
  updatedAt?: string;
  /** When it was completed. */
  completedAt?: string;
  /** Whether every check that was asked for was made and passed. To clients alone, as are the next ones, of a completed check. */
  isLive?: boolean;
  /** 1 less `riskScore`; half is the threshold. */
  aggregatedScore?: number;
  /** The score of the check, if it was made. */
  screenReplayProbability?: number;
  /** The score of the check, if it was made. */
  printedCopyProbability?: number;
  /** The score of the check, if it was made. */
  portraitSubstitutionProbability?: number;
  /** The score of the check, if it was made. */
  digitalManipulationProbability?: number;
  /** What of the image lowers the confidence. */
  aggregateWarnings?: ("GLARE_ON_IMAGE" | "IMAGE_IS_TOO_COMPRESSED" | "IMAGE_TOO_BLURRY")[];
}

/** Values that a client looks for on documents besides, each by the label that stands beside it. */
export interface PromptTemplate {
  /** The record's id. */
  _id: string;
  /** The client whose record it is. */
  client?: string | PopulatedClient | null;
  /** What it is called. */
  name?: string;
  /** The types of documents that it is for. */
  documentTypes?: string[];
  /** The country of these documents. */
  country?: string;
  /** The name of each value, and the label that it stands beside. */
  labels?: Json;
  /** Whether it is used. */
  active?: boolean;
  /** When it was created. */
  createdAt?: string;
  /** When it last changed. */
  updatedAt?: string;
}

/** A person who signs in and works with the records of a client. */
export interface Member {
  /** The record's id. */
  _id: string;
  /** The client whose record it is. */
  client?: string | PopulatedClient | null;
  /** The member's name. */
  name?: string;
  /** The address that the member signs in with. */
  email?: string;
  /** What the member may do. */
  role?: "viewer" | "editor" | "admin" | "owner";
  /** `invited`: has no password yet. */
  status?: "invited" | "active" | "disabled";
  /** Whether signing in takes a code besides the password. */
  hasTotp?: boolean;
  /** When the member last signed in. */
  lastSignInAt?: string;
  /** When the member was invited. */
  createdAt?: string;
  /** When it last changed. */
  updatedAt?: string;
  /** Shown by `populates[]` alone, as null or an empty list: this server has none yet. */
  project?: null;
  /** Shown by `populates[]` alone, as null or an empty list: this server has none yet. */
  staff?: null;
}

/** A case that a person decides: a check that needs it, or one of those that passed. */
export interface Review {
  /** The record's id. */
  _id: string;
  /** The client whose record it is. */
  client?: string | PopulatedClient | null;
  /** What it is about. */
  subject?: { resource?: string; id?: string; };
  /** The resource of its subject. */
  subjectResource?: string;
  /** The id of its subject. */
  subjectId?: string;
  /** The registration that a decision moves. */
  appRegistration?: string | PopulatedAppRegistration | null;
  /** The project of its subject. */
  project?: string | PopulatedProject | null;
  /** The flow whose rule opened it. */
  projectFlow?: string | PopulatedProjectFlow | null;
  /** Why it was opened: `manualVerification`, `failedCheck:<name>`, `lowConfidence`, `sample`. */
  openedBecause?: string[];
  /** What is higher is more urgent. */
  priority?: number;
  /** Where it stands. */
  state?: "open" | "claimed" | "proposed" | "decided" | "withdrawn";
  /** Who is at it: `member:<id>` or `token:<id>`. */
  claimedBy?: string;
  /** Until when it is theirs alone. */
  claimedUntil?: string;
  /** What the first of two reviewers decided. */
  proposal?: "approve" | "decline" | "resubmit";
  /** What was decided. */
  decision?: "approve" | "decline" | "resubmit";
  /** Codes of the table of reasons. */
  reasons?: string[];
  /** What the reviewer says of the decision. */
  note?: string;
  /** Who decided, or proposed: `member:<id>` or `token:<id>`. */
  decidedBy?: string;
  /** Who confirmed it. */
  checkedBy?: string;
  /** SHA-256 of what the reviewer was shown, in hexadecimal. */
  evidenceDigest?: string;
  /** When it was opened. */
  createdAt?: string;
  /** When it last changed. */
  updatedAt?: string;
  /** When it was decided. */
  decidedAt?: string;
}

/** What has happened to a record: written with the change itself, and never changed. It holds ids, and no other personal data. */
export interface Event {
  /** The record's id. */
  _id: string;
  /** The client whose record it is. */
  client?: string | PopulatedClient | null;
  /** What happened: `app_registration.completed`. */
  type?: string;
  /** The resource of the record. */
  resource?: string;
  /** The record's id; of an import the event's own. */
  record?: string;
  /** Which of the record's events it is, from 1. */
  sequence?: number;
  /** The record's status after it. */
  status?: string;
  /** The record's flow. */
  projectFlow?: string | PopulatedProjectFlow | null;
  /** The registration that the record belongs to. */
  appRegistration?: string | PopulatedAppRegistration | null;
  /** Who did it: `token:<id>`, `member:<id>`, `anonymous`, `command` or `system`. */
  actor?: string;
  /** The `X-Request-Id` of the request that did it. */
  request?: string;
  /** How many records an import has brought. */
  count?: number;
  /** Of an import: the SHA-256 of its input, in hexadecimal. */
  digest?: string;
  /** When it happened. */
  createdAt?: string;
}

/** Somebody has looked at an image, or at what was found on it: written before the first byte of it is sent, and never changed. */
export interface Access {
  /** The record's id. */
  _id: string;
  /** The client whose record it is. */
  client?: string | PopulatedClient | null;
  /** The resource of the record that the image belongs to. */
  resource?: string;
  /** The record's id. */
  record?: string;
  /** What of it: `image`, `back-image`, `face`, `evidence`, `evidence/<check>`. */
  part?: string;
  /** Who: `token:<id>`, `member:<id>`, or `anonymous` where a signed URL was opened. */
  actor?: string;
  /** What for: `review:<id>`, where it was a case. */
  purpose?: string;
  /** The `X-Request-Id` of the request. */
  request?: string;
  /** When. */
  createdAt?: string;
}

/** An endpoint of yours that is called when something has happened to a record. */
export interface Webhook {
  /** The record's id. */
  _id: string;
  /** The client whose record it is. */
  client?: string | PopulatedClient | null;
  /** Its name. */
  name?: string;
  /** The URL that is called. */
  url?: string;
  /** What it is for. */
  description?: string;
  /** Whether it is called. What happens meanwhile is held. */
  isActive?: boolean;
  /** The flows whose events are delivered; absent: of all flows, and of none. */
  projectFlow?: (string | PopulatedProjectFlow | null)[];
  /** The types of event that are delivered, or `<resource>.*`; absent: all. */
  eventTypes?: Json;
  /** The shape of bodies. */
  format?: "verifik" | "standard";
  /** What a body in the standard format holds. */
  payload?: "full" | "thin";
  /** `record`: a record's events one after the other; `none`: as fast as they come. */
  ordering?: "record" | "none";
  /** What it was made by. */
  source?: "api" | "flow" | "validation";
  /** Accepted for compatibility; has no effect. */
  notification?: Json;
  /** Failed attempts in a row. */
  failures?: number;
  /** Since when every attempt has failed. */
  failingSince?: string;
  /** Until when it is not called, after failures. */
  pausedUntil?: string;
  /** When it was disabled. */
  disabledAt?: string;
  /** Why the server disabled it. */
  disabledReason?: string;
  /** When it was made. */
  createdAt?: string;
  /** When it last changed. */
  updatedAt?: string;
}

/** The delivery of an event to a webhook. */
export interface WebhookEvent {
  /** The record's id. */
  _id: string;
  /** The client whose record it is. */
  client?: string | PopulatedClient | null;
  /** The type as the body says it. */
  type?: string;
  /** The webhook that is called. */
  webhook?: string | PopulatedWebhook | null;
  /** The event: the header `webhook-id`. */
  event?: string;
  /** The record's flow. */
  projectFlow?: string | PopulatedProjectFlow | null;
  /** The registration that the record belongs to. */
  appRegistration?: string | PopulatedAppRegistration | null;
  /** The resource of the record. */
  resource?: string;
  /** The record's id. */
  record?: string;
  /** Which of the record's events it is, from 1. */
  sequence?: number;
  /** The record's status after the event. */
  recordStatus?: string;
  /** `sent`: attempted at least once. */
  status?: "pending" | "sent";
  /** What became of it. */
  state?: "pending" | "retrying" | "held" | "delivered" | "dead" | "cancelled";
  /** How often it was attempted. */
  attempts?: number;
  /** What the last attempt came to. */
  response?: { status?: "success" | "fail"; statusCode?: number; error?: string; };
  /** The same in a word. */
  responseStatus?: "success" | "fail";
  /** When it is attempted next, where it has not ended. */
  dueAt?: string;
  /** When it was first attempted. */
  sentAt?: string;
  /** When it was delivered, given up or cancelled. */
  endedAt?: string;
  /** When the event happened. */
  createdAt?: string;
}

/** What `create` of projects takes. */
export interface NewProject {
  /** Its name. */
  name: string;
  /** What it is for. */
  description?: string;
  /** A name of the client's own. */
  identifier?: string;
  /** Support contact shown to end users. */
  contactEmail?: string;
  /** Its privacy notice. */
  privacyUrl?: string;
  /** Its terms. */
  termsAndConditionsUrl?: string;
  /** Country names, or All. */
  allowedCountries?: string[];
  /** The language of its pages. */
  defaultLanguage?: string;
  dataProtection?: { name?: string; email?: string; address?: string; address2?: string; city?: string; country?: string; postalCode?: string; };
  /** Colours and logos of its pages. */
  branding?: Json;
  /** Whether it is in use. */
  status?: "draft" | "active" | "paused" | "inactive" | "pending";
  /** Whom it validates. */
  target?: "personal" | "business";
  /** Current onboarding step. */
  currentStep?: number;
  /** The last step of its set-up. */
  lastStep?: number;
  /** Whether it is a trial. */
  demoMode?: boolean;
  /** Schema version. */
  version?: number;
  /** The collection of its persons: its id or its code. */
  assignedCollection?: string;
  /** Whether logins and registrations may begin without a token. */
  allowAnonymous?: boolean;
  /** Six digits that a trial takes in the place of a code that is sent; of sandboxes alone. */
  demoOTP?: string;
  projectFlow?: { type?: "login" | "onboarding" | "smartlink"; name?: string; status?: "draft" | "active" | "paused" | "inactive" | "pending"; version?: number; target?: "personal" | "business"; redirectUrl?: string; webhookUrl?: string; identityUrl?: string; webhook?: string; systemForm?: string; allowedCountries?: string[]; onboardingSettings?: { steps?: { document?: "mandatory" | "optional" | "skip"; liveness?: "mandatory" | "optional" | "skip"; form?: "mandatory" | "optional" | "skip"; signUpForm?: "mandatory" | "optional" | "skip"; basicInformation?: "mandatory" | "optional" | "skip"; }; signUpForm?: { fullName?: boolean; firstName?: boolean; lastName?: boolean; fullNameStyle?: "together" | "separate"; email?: boolean; emailGateway?: "mailgun" | "none"; phone?: boolean; phoneGateway?: "sms" | "whatsapp" | "both" | "none"; showTermsAndConditions?: boolean; showPrivacyNotice?: boolean; allowAdditionalFields?: boolean; }; basicInformation?: Json; document?: { maxAttempts?: number; compareMinScore?: number; minimumAge?: number; }; liveness?: { maxAttempts?: number; livenessMinScore?: number; searchMinScore?: number; searchMode?: "FAST" | "ACCURATE"; }; requiresSignature?: boolean; hiddenLoginOption?: boolean; }; loginSettings?: { email?: boolean; emailGateway?: "mailgun" | "none"; phone?: boolean; faceLiveness?: boolean; showFaceLivenessRecommendation?: boolean; phoneGateway?: "sms" | "whatsapp" | "both" | "none"; livenessMinScore?: number; searchMode?: "FAST" | "ACCURATE"; searchMinScore?: number; requires2FA?: boolean; }; signUpForm?: { fullName?: boolean; firstName?: boolean; lastName?: boolean; fullNameStyle?: "together" | "separate"; email?: boolean; emailGateway?: "mailgun" | "none"; phone?: boolean; phoneGateway?: "sms" | "whatsapp" | "both" | "none"; showTermsAndConditions?: boolean; showPrivacyNotice?: boolean; allowAdditionalFields?: boolean; }; documents?: { attemptLimit?: number; verificationMethods?: string[]; minimumAge?: number; }; liveness?: { attemptLimit?: number; minScore?: number; compareMinScore?: number; searchMinScore?: number; searchMode?: "FAST" | "ACCURATE"; allowForce?: boolean; saveImage?: boolean; }; steps?: { document?: "mandatory" | "optional" | "skip"; liveness?: "mandatory" | "optional" | "skip"; form?: "mandatory" | "optional" | "skip"; signUpForm?: "mandatory" | "optional" | "skip"; basicInformation?: "mandatory" | "optional" | "skip"; }; review?: { onManualVerification?: boolean; onFailedChecks?: ("livenessScore" | "interEyeDistance" | "sharpness" | "brightness" | "contrast" | "underExposed" | "overExposed" | "yaw" | "pitch" | "roll" | "faceHeight" | "faceInside" | "matchScore" | "documentCropped" | "colourLess" | "screenReplay" | "printedCopy" | "portraitSubstitution" | "digitalManipulation" | "checkDigits" | "nationalNumber" | "documentNumberAgrees" | "namesAgree" | "birthDateAgrees" | "expirationDateAgrees" | "sexAgrees" | "countryAgrees" | "datesArePossible" | "notExpired" | "minimumAge" | "documentTypeAllowed" | "countryAllowed" | "namesMatch" | "birthDateMatches" | "documentNumberMatches" | "portraitMatchesFace" | "ghostPortraitMatches" | "numberOfOnePerson")[]; confidenceMin?: number; sample?: number; fourEyes?: "none" | "approve" | "decline" | "all"; }; business?: Json; representatives?: Json; linkSettings?: Json; security?: { strategy?: "whitelist" | "blacklist" | "none"; source?: "NONE" | "API" | "CSV"; apiUrl?: string; }; integrations?: { redirectUrl?: string; webhook?: unknown; source?: "NONE" | "API" | "CSV"; strategy?: string; }; emailTemplates?: { code?: { en?: { subject?: string; html?: string; text?: string; }; es?: { subject?: string; html?: string; text?: string; }; pt?: { subject?: string; html?: string; text?: string; }; }; link?: { en?: { subject?: string; html?: string; text?: string; }; es?: { subject?: string; html?: string; text?: string; }; pt?: { subject?: string; html?: string; text?: string; }; }; registration?: { en?: { subject?: string; html?: string; text?: string; }; es?: { subject?: string; html?: string; text?: string; }; pt?: { subject?: string; html?: string; text?: string; }; }; }; };
  /** The type of projectFlow, where that does not say it; onboarding. */
  projectFlowType?: "login" | "onboarding" | "smartlink";
}

/** What `change` of projects takes. */
export interface ProjectChange {
  /** Its name. */
  name?: string;
  /** What it is for. */
  description?: string;
  /** A name of the client's own. */
  identifier?: string;
  /** Support contact shown to end users. */
  contactEmail?: string;
  /** Its privacy notice. */
  privacyUrl?: string;
  /** Its terms. */
  termsAndConditionsUrl?: string;
  /** Country names, or All. */
  allowedCountries?: string[];
  /** The language of its pages. */
  defaultLanguage?: string;
  dataProtection?: { name?: string; email?: string; address?: string; address2?: string; city?: string; country?: string; postalCode?: string; };
  /** Colours and logos of its pages. */
  branding?: Json;
  /** Whether it is in use. */
  status?: "draft" | "active" | "paused" | "inactive" | "pending";
  /** Whom it validates. */
  target?: "personal" | "business";
  /** Current onboarding step. */
  currentStep?: number;
  /** The last step of its set-up. */
  lastStep?: number;
  /** Whether it is a trial. */
  demoMode?: boolean;
  /** Schema version. */
  version?: number;
  /** The collection of its persons: its id or its code. */
  assignedCollection?: string;
  /** Whether logins and registrations may begin without a token. */
  allowAnonymous?: boolean;
  /** Six digits that a trial takes in the place of a code that is sent; of sandboxes alone. */
  demoOTP?: string;
  projectFlow?: { type?: "login" | "onboarding" | "smartlink"; name?: string; status?: "draft" | "active" | "paused" | "inactive" | "pending"; version?: number; target?: "personal" | "business"; redirectUrl?: string; webhookUrl?: string; identityUrl?: string; webhook?: string; systemForm?: string; allowedCountries?: string[]; onboardingSettings?: { steps?: { document?: "mandatory" | "optional" | "skip"; liveness?: "mandatory" | "optional" | "skip"; form?: "mandatory" | "optional" | "skip"; signUpForm?: "mandatory" | "optional" | "skip"; basicInformation?: "mandatory" | "optional" | "skip"; }; signUpForm?: { fullName?: boolean; firstName?: boolean; lastName?: boolean; fullNameStyle?: "together" | "separate"; email?: boolean; emailGateway?: "mailgun" | "none"; phone?: boolean; phoneGateway?: "sms" | "whatsapp" | "both" | "none"; showTermsAndConditions?: boolean; showPrivacyNotice?: boolean; allowAdditionalFields?: boolean; }; basicInformation?: Json; document?: { maxAttempts?: number; compareMinScore?: number; minimumAge?: number; }; liveness?: { maxAttempts?: number; livenessMinScore?: number; searchMinScore?: number; searchMode?: "FAST" | "ACCURATE"; }; requiresSignature?: boolean; hiddenLoginOption?: boolean; }; loginSettings?: { email?: boolean; emailGateway?: "mailgun" | "none"; phone?: boolean; faceLiveness?: boolean; showFaceLivenessRecommendation?: boolean; phoneGateway?: "sms" | "whatsapp" | "both" | "none"; livenessMinScore?: number; searchMode?: "FAST" | "ACCURATE"; searchMinScore?: number; requires2FA?: boolean; }; signUpForm?: { fullName?: boolean; firstName?: boolean; lastName?: boolean; fullNameStyle?: "together" | "separate"; email?: boolean; emailGateway?: "mailgun" | "none"; phone?: boolean; phoneGateway?: "sms" | "whatsapp" | "both" | "none"; showTermsAndConditions?: boolean; showPrivacyNotice?: boolean; allowAdditionalFields?: boolean; }; documents?: { attemptLimit?: number; verificationMethods?: string[]; minimumAge?: number; }; liveness?: { attemptLimit?: number; minScore?: number; compareMinScore?: number; searchMinScore?: number; searchMode?: "FAST" | "ACCURATE"; allowForce?: boolean; saveImage?: boolean; }; steps?: { document?: "mandatory" | "optional" | "skip"; liveness?: "mandatory" | "optional" | "skip"; form?: "mandatory" | "optional" | "skip"; signUpForm?: "mandatory" | "optional" | "skip"; basicInformation?: "mandatory" | "optional" | "skip"; }; review?: { onManualVerification?: boolean; onFailedChecks?: ("livenessScore" | "interEyeDistance" | "sharpness" | "brightness" | "contrast" | "underExposed" | "overExposed" | "yaw" | "pitch" | "roll" | "faceHeight" | "faceInside" | "matchScore" | "documentCropped" | "colourLess" | "screenReplay" | "printedCopy" | "portraitSubstitution" | "digitalManipulation" | "checkDigits" | "nationalNumber" | "documentNumberAgrees" | "namesAgree" | "birthDateAgrees" | "expirationDateAgrees" | "sexAgrees" | "countryAgrees" | "datesArePossible" | "notExpired" | "minimumAge" | "documentTypeAllowed" | "countryAllowed" | "namesMatch" | "birthDateMatches" | "documentNumberMatches" | "portraitMatchesFace" | "ghostPortraitMatches" | "numberOfOnePerson")[]; confidenceMin?: number; sample?: number; fourEyes?: "none" | "approve" | "decline" | "all"; }; business?: Json; representatives?: Json; linkSettings?: Json; security?: { strategy?: "whitelist" | "blacklist" | "none"; source?: "NONE" | "API" | "CSV"; apiUrl?: string; }; integrations?: { redirectUrl?: string; webhook?: unknown; source?: "NONE" | "API" | "CSV"; strategy?: string; }; emailTemplates?: { code?: { en?: { subject?: string; html?: string; text?: string; }; es?: { subject?: string; html?: string; text?: string; }; pt?: { subject?: string; html?: string; text?: string; }; }; link?: { en?: { subject?: string; html?: string; text?: string; }; es?: { subject?: string; html?: string; text?: string; }; pt?: { subject?: string; html?: string; text?: string; }; }; registration?: { en?: { subject?: string; html?: string; text?: string; }; es?: { subject?: string; html?: string; text?: string; }; pt?: { subject?: string; html?: string; text?: string; }; }; }; };
  /** The type of projectFlow, where that does not say it; onboarding. */
  projectFlowType?: "login" | "onboarding" | "smartlink";
}

/** What `create` of project-flows takes. */
export interface NewProjectFlow {
  /** The project it belongs to. */
  project: string;
  /** What it is for. */
  type: "login" | "onboarding" | "smartlink";
  /** Its name. */
  name?: string;
  /** Whether it is in use. */
  status?: "draft" | "active" | "paused" | "inactive" | "pending";
  /** Schema version. */
  version?: number;
  /** Whom it validates. */
  target?: "personal" | "business";
  /** Where its users go afterwards. */
  redirectUrl?: string;
  /** URL that receives webhook events. */
  webhookUrl?: string;
  /** Where its users show who they are. */
  identityUrl?: string;
  /** The id of a webhook, as it was given. */
  webhook?: string;
  /** The id of a form, as it was given. */
  systemForm?: string;
  /** Country names, as they were given. */
  allowedCountries?: string[];
  onboardingSettings?: { steps?: { document?: "mandatory" | "optional" | "skip"; liveness?: "mandatory" | "optional" | "skip"; form?: "mandatory" | "optional" | "skip"; signUpForm?: "mandatory" | "optional" | "skip"; basicInformation?: "mandatory" | "optional" | "skip"; }; signUpForm?: { fullName?: boolean; firstName?: boolean; lastName?: boolean; fullNameStyle?: "together" | "separate"; email?: boolean; emailGateway?: "mailgun" | "none"; phone?: boolean; phoneGateway?: "sms" | "whatsapp" | "both" | "none"; showTermsAndConditions?: boolean; showPrivacyNotice?: boolean; allowAdditionalFields?: boolean; }; basicInformation?: Json; document?: { maxAttempts?: number; compareMinScore?: number; minimumAge?: number; }; liveness?: { maxAttempts?: number; livenessMinScore?: number; searchMinScore?: number; searchMode?: "FAST" | "ACCURATE"; }; requiresSignature?: boolean; hiddenLoginOption?: boolean; };
  loginSettings?: { email?: boolean; emailGateway?: "mailgun" | "none"; phone?: boolean; faceLiveness?: boolean; showFaceLivenessRecommendation?: boolean; phoneGateway?: "sms" | "whatsapp" | "both" | "none"; livenessMinScore?: number; searchMode?: "FAST" | "ACCURATE"; searchMinScore?: number; requires2FA?: boolean; };
  signUpForm?: { fullName?: boolean; firstName?: boolean; lastName?: boolean; fullNameStyle?: "together" | "separate"; email?: boolean; emailGateway?: "mailgun" | "none"; phone?: boolean; phoneGateway?: "sms" | "whatsapp" | "both" | "none"; showTermsAndConditions?: boolean; showPrivacyNotice?: boolean; allowAdditionalFields?: boolean; };
  documents?: { attemptLimit?: number; verificationMethods?: string[]; minimumAge?: number; };
  liveness?: { attemptLimit?: number; minScore?: number; compareMinScore?: number; searchMinScore?: number; searchMode?: "FAST" | "ACCURATE"; allowForce?: boolean; saveImage?: boolean; };
  steps?: { document?: "mandatory" | "optional" | "skip"; liveness?: "mandatory" | "optional" | "skip"; form?: "mandatory" | "optional" | "skip"; signUpForm?: "mandatory" | "optional" | "skip"; basicInformation?: "mandatory" | "optional" | "skip"; };
  review?: { onManualVerification?: boolean; onFailedChecks?: ("livenessScore" | "interEyeDistance" | "sharpness" | "brightness" | "contrast" | "underExposed" | "overExposed" | "yaw" | "pitch" | "roll" | "faceHeight" | "faceInside" | "matchScore" | "documentCropped" | "colourLess" | "screenReplay" | "printedCopy" | "portraitSubstitution" | "digitalManipulation" | "checkDigits" | "nationalNumber" | "documentNumberAgrees" | "namesAgree" | "birthDateAgrees" | "expirationDateAgrees" | "sexAgrees" | "countryAgrees" | "datesArePossible" | "notExpired" | "minimumAge" | "documentTypeAllowed" | "countryAllowed" | "namesMatch" | "birthDateMatches" | "documentNumberMatches" | "portraitMatchesFace" | "ghostPortraitMatches" | "numberOfOnePerson")[]; confidenceMin?: number; sample?: number; fourEyes?: "none" | "approve" | "decline" | "all"; };
  /** Which documents of a business it takes. */
  business?: Json;
  /** What a business's people are asked. */
  representatives?: Json;
  /** What a smart link asks. */
  linkSettings?: Json;
  security?: { strategy?: "whitelist" | "blacklist" | "none"; source?: "NONE" | "API" | "CSV"; apiUrl?: string; };
  integrations?: { redirectUrl?: string; webhook?: unknown; source?: "NONE" | "API" | "CSV"; strategy?: string; };
  emailTemplates?: { code?: { en?: { subject?: string; html?: string; text?: string; }; es?: { subject?: string; html?: string; text?: string; }; pt?: { subject?: string; html?: string; text?: string; }; }; link?: { en?: { subject?: string; html?: string; text?: string; }; es?: { subject?: string; html?: string; text?: string; }; pt?: { subject?: string; html?: string; text?: string; }; }; registration?: { en?: { subject?: string; html?: string; text?: string; }; es?: { subject?: string; html?: string; text?: string; }; pt?: { subject?: string; html?: string; text?: string; }; }; };
}

/** What `change` of project-flows takes. */
export interface ProjectFlowChange {
  /** The project it belongs to. */
  project?: string;
  /** What it is for. */
  type?: "login" | "onboarding" | "smartlink";
  /** Its name. */
  name?: string;
  /** Whether it is in use. */
  status?: "draft" | "active" | "paused" | "inactive" | "pending";
  /** Schema version. */
  version?: number;
  /** Whom it validates. */
  target?: "personal" | "business";
  /** Where its users go afterwards. */
  redirectUrl?: string;
  /** URL that receives webhook events. */
  webhookUrl?: string;
  /** Where its users show who they are. */
  identityUrl?: string;
  /** The id of a webhook, as it was given. */
  webhook?: string;
  /** The id of a form, as it was given. */
  systemForm?: string;
  /** Country names, as they were given. */
  allowedCountries?: string[];
  onboardingSettings?: { steps?: { document?: "mandatory" | "optional" | "skip"; liveness?: "mandatory" | "optional" | "skip"; form?: "mandatory" | "optional" | "skip"; signUpForm?: "mandatory" | "optional" | "skip"; basicInformation?: "mandatory" | "optional" | "skip"; }; signUpForm?: { fullName?: boolean; firstName?: boolean; lastName?: boolean; fullNameStyle?: "together" | "separate"; email?: boolean; emailGateway?: "mailgun" | "none"; phone?: boolean; phoneGateway?: "sms" | "whatsapp" | "both" | "none"; showTermsAndConditions?: boolean; showPrivacyNotice?: boolean; allowAdditionalFields?: boolean; }; basicInformation?: Json; document?: { maxAttempts?: number; compareMinScore?: number; minimumAge?: number; }; liveness?: { maxAttempts?: number; livenessMinScore?: number; searchMinScore?: number; searchMode?: "FAST" | "ACCURATE"; }; requiresSignature?: boolean; hiddenLoginOption?: boolean; };
  loginSettings?: { email?: boolean; emailGateway?: "mailgun" | "none"; phone?: boolean; faceLiveness?: boolean; showFaceLivenessRecommendation?: boolean; phoneGateway?: "sms" | "whatsapp" | "both" | "none"; livenessMinScore?: number; searchMode?: "FAST" | "ACCURATE"; searchMinScore?: number; requires2FA?: boolean; };
  signUpForm?: { fullName?: boolean; firstName?: boolean; lastName?: boolean; fullNameStyle?: "together" | "separate"; email?: boolean; emailGateway?: "mailgun" | "none"; phone?: boolean; phoneGateway?: "sms" | "whatsapp" | "both" | "none"; showTermsAndConditions?: boolean; showPrivacyNotice?: boolean; allowAdditionalFields?: boolean; };
  documents?: { attemptLimit?: number; verificationMethods?: string[]; minimumAge?: number; };
  liveness?: { attemptLimit?: number; minScore?: number; compareMinScore?: number; searchMinScore?: number; searchMode?: "FAST" | "ACCURATE"; allowForce?: boolean; saveImage?: boolean; };
  steps?: { document?: "mandatory" | "optional" | "skip"; liveness?: "mandatory" | "optional" | "skip"; form?: "mandatory" | "optional" | "skip"; signUpForm?: "mandatory" | "optional" | "skip"; basicInformation?: "mandatory" | "optional" | "skip"; };
  review?: { onManualVerification?: boolean; onFailedChecks?: ("livenessScore" | "interEyeDistance" | "sharpness" | "brightness" | "contrast" | "underExposed" | "overExposed" | "yaw" | "pitch" | "roll" | "faceHeight" | "faceInside" | "matchScore" | "documentCropped" | "colourLess" | "screenReplay" | "printedCopy" | "portraitSubstitution" | "digitalManipulation" | "checkDigits" | "nationalNumber" | "documentNumberAgrees" | "namesAgree" | "birthDateAgrees" | "expirationDateAgrees" | "sexAgrees" | "countryAgrees" | "datesArePossible" | "notExpired" | "minimumAge" | "documentTypeAllowed" | "countryAllowed" | "namesMatch" | "birthDateMatches" | "documentNumberMatches" | "portraitMatchesFace" | "ghostPortraitMatches" | "numberOfOnePerson")[]; confidenceMin?: number; sample?: number; fourEyes?: "none" | "approve" | "decline" | "all"; };
  /** Which documents of a business it takes. */
  business?: Json;
  /** What a business's people are asked. */
  representatives?: Json;
  /** What a smart link asks. */
  linkSettings?: Json;
  security?: { strategy?: "whitelist" | "blacklist" | "none"; source?: "NONE" | "API" | "CSV"; apiUrl?: string; };
  integrations?: { redirectUrl?: string; webhook?: unknown; source?: "NONE" | "API" | "CSV"; strategy?: string; };
  emailTemplates?: { code?: { en?: { subject?: string; html?: string; text?: string; }; es?: { subject?: string; html?: string; text?: string; }; pt?: { subject?: string; html?: string; text?: string; }; }; link?: { en?: { subject?: string; html?: string; text?: string; }; es?: { subject?: string; html?: string; text?: string; }; pt?: { subject?: string; html?: string; text?: string; }; }; registration?: { en?: { subject?: string; html?: string; text?: string; }; es?: { subject?: string; html?: string; text?: string; }; pt?: { subject?: string; html?: string; text?: string; }; }; };
}

/** What `create` of collections takes. */
export interface NewCollection {
  /** Its name. */
  name: string;
  /** What it is for. */
  description?: string;
  /** The project it belongs to. */
  project?: string;
}

/** What `change` of collections takes. */
export interface CollectionChange {
  /** Its name. */
  name?: string;
  /** What it is for. */
  description?: string;
  /** The project it belongs to. */
  project?: string;
}

/** What `create` of persons takes. */
export interface NewPerson {
  /** Full name; digits are removed. */
  name: string;
  /** A JPEG, PNG or WebP in base64, bare or as a data URI; or an https URL, where the setting images.fetch_urls allows it. */
  images: Image[] | Image;
  /** M or F. */
  gender?: "M" | "F";
  /** The day of birth, from 1900 to today. */
  date_of_birth?: string | { year: number | string; month: number | string; day: number | string; };
  /** The nationality, as it was given. */
  nationality?: string;
  /** Collections, by their ids or codes. */
  collections?: string[];
  /** What the client noted. */
  notes?: string;
  /** Email address. */
  email?: string;
  /** Phone number. */
  phone?: string;
  /** Whether a small image of each face is stored encrypted; absent: as the setting persons.keep_thumbnails says. */
  keep_thumbnails?: boolean;
}

/** What `change` of persons takes. */
export interface PersonChange {
  /** Full name; digits are removed. */
  name?: string;
  /** A JPEG, PNG or WebP in base64, bare or as a data URI; or an https URL, where the setting images.fetch_urls allows it. */
  images?: Image[] | Image;
  /** M or F. */
  gender?: "M" | "F";
  /** The day of birth, from 1900 to today. */
  date_of_birth?: string | { year: number | string; month: number | string; day: number | string; };
  /** The nationality, as it was given. */
  nationality?: string;
  /** Collections, by their ids or codes. */
  collections?: string[];
  /** What the client noted. */
  notes?: string;
  /** Email address. */
  email?: string;
  /** Phone number. */
  phone?: string;
  /** Whether a small image of each face is stored encrypted; absent: as the setting persons.keep_thumbnails says. */
  keep_thumbnails?: boolean;
  /** Whether the person is in use. */
  status?: "active" | "inactive" | "pending";
}

/** What `create` of liveness-sessions takes. */
export interface NewLivenessSession {
  /** The project. */
  project: string;
  /** The flow. */
  projectFlow: string;
  /** Who is being validated. */
  identifier?: string;
  /** When it can no longer be used; at most in 30 days. */
  expiresAt?: string;
}

/** What `create` of app-registrations takes. */
export interface NewAppRegistration {
  /** The project. */
  project: string;
  /** The flow. */
  projectFlow: string;
  /** Email address; a new registration needs this or a phone. */
  email?: string;
  /** Phone number; it may begin with its country code. */
  phone?: string;
  /** Country code of the phone: +57. */
  countryCode?: string;
  /** The person's whole name. */
  fullName?: string;
  /** First name. */
  firstName?: string;
  /** Last name. */
  lastName?: string;
  /** Language of the pages. */
  language?: string;
  /** What the person has agreed to. */
  consentSession?: Json;
}

/** What `change` of app-registrations takes. */
export interface AppRegistrationChange {
  /** Email address; a new registration needs this or a phone. */
  email?: string;
  /** Phone number; it may begin with its country code. */
  phone?: string;
  /** Country code of the phone: +57. */
  countryCode?: string;
  /** The person's whole name. */
  fullName?: string;
  /** First name. */
  firstName?: string;
  /** Last name. */
  lastName?: string;
  /** Language of the pages. */
  language?: string;
  /** What the person has agreed to. */
  consentSession?: Json;
  /** The registration's own check of its email address. */
  emailValidation?: string;
  /** The registration's own check of its phone number. */
  phoneValidation?: string;
  /** Accepted for compatibility; a phone is replaced. */
  replacePhone?: boolean;
}

/** What `create` of email-validations takes. */
export interface NewEmailValidation {
  /** The project it was made for. */
  project: string;
  /** The flow it was made in. */
  projectFlow: string;
  /** The address. */
  email: string;
  /** What it is for. */
  type: "validation" | "login" | "onboarding" | "oneTimeLink";
  /** A code of six digits, or a link. */
  validationMethod?: "verificationCode" | "oneTimeLink" | "magicLink";
  /** The language of the message: en, es or pt; another is answered in English. */
  language?: string;
  /** Where the person goes afterwards; not taken without a client's token. */
  redirectUrl?: string;
  /** Whether a login needs the face besides; not taken without a client's token. */
  requires2FA?: boolean;
  /** The address given for the person. */
  ipAddress?: string;
  /** Not available here: rejected. */
  webhookUrl?: string;
  /** Not available here: rejected. */
  identityUrl?: string;
}

/** What `create` of phone-validations takes. */
export interface NewPhoneValidation {
  /** The project it was made for. */
  project: string;
  /** The flow it was made in. */
  projectFlow: string;
  /** Country code of the phone: +57. */
  countryCode: string;
  /** Phone number without its country code. */
  phone: string;
  /** What the code is sent by. */
  phoneGateway?: "sms" | "whatsapp";
  /** What it is for. */
  type: "validation" | "login" | "onboarding" | "oneTimeLink";
  /** A code. */
  validationMethod?: "verificationCode";
  /** The language of the message: en, es or pt; another is answered in English. */
  language?: string;
  /** Where the person goes afterwards; not taken without a client's token. */
  redirectUrl?: string;
  /** Whether a login needs the face besides; not taken without a client's token. */
  requires2FA?: boolean;
  /** The address given for the person. */
  ipAddress?: string;
  /** Not available here: rejected. */
  webhookUrl?: string;
  /** Not available here: rejected. */
  identityUrl?: string;
}

/** What `create` of biometric-validations takes. */
export interface NewBiometricValidation {
  /** The project it was made for. */
  project: string;
  /** The flow it was made in. */
  projectFlow: string;
  /** Who is being validated: an email or a name of yours. */
  identifier: string;
  /** What it is for. */
  type: "validation" | "login" | "onboarding" | "oneTimeLink";
  /** Not available yet: true is rejected. */
  sendViaEmail?: boolean;
  /** Where the link would be sent. */
  email?: string;
  /** When it can no longer be completed; at most in 30 days, and not taken without a token. */
  expiresAt?: string;
  /** Where the user goes afterwards; not taken without a token. */
  redirectUrl?: string;
  /** Who is told of the outcome; not taken without a token. */
  webhookUrl?: string;
  /** Whether a second factor is asked for. */
  requires2FA?: boolean;
  /** The address given for the user. */
  ipAddress?: string;
  /** The language of the capture page: en or es. */
  language?: "en" | "es";
}

/** What `create` of document-liveness takes. */
export interface NewDocumentLivenessValidation {
  /** A JPEG, PNG or WebP in base64, bare or as a data URI. */
  image: Image;
  /** Whether the image is stored encrypted; `imageUrl` shows it. */
  saveImage?: boolean;
  /** Whether it was photographed from a screen. */
  validateScreenReplay?: boolean;
  /** Whether it is a printed copy. */
  validatePrintedCopy?: boolean;
  /** Whether the portrait was exchanged. */
  validatePortraitSubstitution?: boolean;
  /** Whether the file was edited. */
  validateDigitalManipulation?: boolean;
  /** How strict the screen replay check is. */
  screenReplayCalibration?: "SOFT" | "REGULAR" | "HARD";
  /** How strict the printed copy check is. */
  printedCopyCalibration?: "SOFT" | "REGULAR" | "HARD";
  /** How strict the portrait check is. */
  portraitSubstitutionCalibration?: "SOFT" | "REGULAR" | "HARD";
  /** Whether a document that leaves the image is accepted. */
  ignoreDocumentCroppedValidation?: boolean;
  /** Whether an image without colour is accepted. */
  ignoreColourLessValidation?: boolean;
}

/** What `create` of prompt-templates takes. */
export interface NewPromptTemplate {
  /** What it is called. */
  name: string;
  /** The types of documents that it is for. */
  documentTypes?: string[];
  /** The country of these documents. */
  country?: string;
  /** The name of each value, and the label that it stands beside. */
  labels?: Json;
  /** Where no labels are sent: names of values. Those that are not read anyway are looked for by their names' own words. */
  fields?: string[];
  /** Whether it is used. */
  active?: boolean;
}

/** What `change` of prompt-templates takes. */
export interface PromptTemplateChange {
  /** What it is called. */
  name?: string;
  /** The types of documents that it is for. */
  documentTypes?: string[];
  /** The country of these documents. */
  country?: string;
  /** The name of each value, and the label that it stands beside. */
  labels?: Json;
  /** Where no labels are sent: names of values. Those that are not read anyway are looked for by their names' own words. */
  fields?: string[];
  /** Whether it is used. */
  active?: boolean;
}

/** What `create` of project-members takes. */
export interface NewMember {
  /** The address that the member signs in with. */
  email: string;
  /** What the member may do. */
  role: "viewer" | "editor" | "admin" | "owner";
  /** The member's name. */
  name?: string;
}

/** What `change` of project-members takes. */
export interface MemberChange {
  /** What the member may do. */
  role?: "viewer" | "editor" | "admin" | "owner";
  /** `disabled`: cannot sign in, and is signed out; `active`: can again. */
  status?: "active" | "disabled";
}

/** What `create` of webhooks takes. */
export interface NewWebhook {
  /** The URL that is called. */
  url: string;
  /** Its name. */
  name?: string;
  /** What it is for. */
  description?: string;
  /** Whether it is called. What happens meanwhile is held. */
  isActive?: boolean;
  /** The flows whose events are delivered; absent: of all flows, and of none. */
  projectFlow?: string[];
  /** The types of event that are delivered, or `<resource>.*`; absent: all. */
  eventTypes?: string[];
  /** The shape of bodies. */
  format?: "verifik" | "standard";
  /** What a body in the standard format holds. */
  payload?: "full" | "thin";
  /** `record`: a record's events one after the other; `none`: as fast as they come. */
  ordering?: "record" | "none";
  /** Accepted for compatibility; has no effect. */
  notification?: Json;
}

/** What `change` of webhooks takes. */
export interface WebhookChange {
  /** The URL that is called. */
  url?: string;
  /** Its name. */
  name?: string;
  /** What it is for. */
  description?: string;
  /** Whether it is called. What happens meanwhile is held. */
  isActive?: boolean;
  /** The flows whose events are delivered; absent: of all flows, and of none. */
  projectFlow?: string[];
  /** The types of event that are delivered, or `<resource>.*`; absent: all. */
  eventTypes?: string[];
  /** The shape of bodies. */
  format?: "verifik" | "standard";
  /** What a body in the standard format holds. */
  payload?: "full" | "thin";
  /** `record`: a record's events one after the other; `none`: as fast as they come. */
  ordering?: "record" | "none";
  /** Accepted for compatibility; has no effect. */
  notification?: Json;
}

/** Of each list: its records, what filters and sorts them, and what may be made and changed. */
export interface Lists {
  projects: {
    record: Project;
    values: {
      _id: string;
      client: string;
      name: string;
      description: string;
      identifier: string;
      contactEmail: string;
      privacyUrl: string;
      termsAndConditionsUrl: string;
      defaultLanguage: string;
      status: "draft" | "active" | "paused" | "inactive" | "pending";
      target: "personal" | "business";
      currentStep: number;
      lastStep: number;
      demoMode: boolean;
      allowAnonymous: boolean;
      version: number;
      assignedCollection: string;
      collectionCode: string;
      createdAt: Moment;
      updatedAt: Moment;
    };
    fields: "_id" | "client" | "name" | "description" | "identifier" | "contactEmail" | "privacyUrl" | "termsAndConditionsUrl" | "allowedCountries" | "defaultLanguage" | "dataProtection" | "branding" | "status" | "target" | "currentStep" | "lastStep" | "demoMode" | "allowAnonymous" | "version" | "assignedCollection" | "collectionCode" | "createdAt" | "updatedAt";
    ranges: "currentStep" | "lastStep" | "version" | "createdAt" | "updatedAt";
    texts: "name" | "description" | "identifier";
    sorts: "_id" | "client" | "name" | "description" | "identifier" | "contactEmail" | "privacyUrl" | "termsAndConditionsUrl" | "defaultLanguage" | "status" | "target" | "demoMode" | "version" | "createdAt" | "updatedAt";
    relations: "client";
    with: "projectFlows";
    create: NewProject;
    created: Project;
    change: ProjectChange;
    delete: true;
  };
  projectFlows: {
    record: ProjectFlow;
    values: {
      _id: string;
      client: string;
      project: string;
      type: "login" | "onboarding" | "smartlink";
      status: "draft" | "active" | "paused" | "inactive" | "pending";
      version: number;
      name: string;
      target: "personal" | "business";
      redirectUrl: string;
      webhookUrl: string;
      identityUrl: string;
      webhook: string;
      systemForm: string;
      createdAt: Moment;
      updatedAt: Moment;
    };
    fields: "_id" | "client" | "project" | "type" | "status" | "version" | "name" | "target" | "redirectUrl" | "webhookUrl" | "identityUrl" | "webhook" | "systemForm" | "allowedCountries" | "onboardingSettings" | "loginSettings" | "signUpForm" | "documents" | "liveness" | "steps" | "review" | "business" | "representatives" | "linkSettings" | "security" | "integrations" | "emailTemplates" | "createdAt" | "updatedAt";
    ranges: "version" | "createdAt" | "updatedAt";
    texts: "name";
    sorts: "_id" | "client" | "project" | "type" | "status" | "version" | "name" | "target" | "redirectUrl" | "webhookUrl" | "identityUrl" | "createdAt" | "updatedAt";
    relations: "client" | "project";
    with: never;
    create: NewProjectFlow;
    created: ProjectFlow;
    change: ProjectFlowChange;
    delete: true;
  };
  collections: {
    record: Collection;
    values: {
      _id: string;
      client: string;
      code: string;
      name: string;
      description: string;
      project: string;
      deleted: boolean;
      createdAt: Moment;
      updatedAt: Moment;
    };
    fields: "_id" | "client" | "code" | "name" | "description" | "project" | "deleted" | "createdAt" | "updatedAt";
    ranges: "createdAt" | "updatedAt";
    texts: "name" | "description";
    sorts: "_id" | "client" | "code" | "name" | "description" | "project" | "deleted" | "createdAt" | "updatedAt";
    relations: "client" | "project";
    with: never;
    create: NewCollection;
    created: Collection;
    change: CollectionChange;
    delete: true;
  };
  persons: {
    record: Person;
    values: {
      _id: string;
      client: string;
      name: string;
      gender: "M" | "F";
      date_of_birth: Moment;
      nationality: string;
      collections: string;
      notes: string;
      email: string;
      phone: string;
      status: "active" | "inactive" | "pending";
      deleted: boolean;
      createdAt: Moment;
      updatedAt: Moment;
    };
    fields: "_id" | "client" | "name" | "gender" | "date_of_birth" | "nationality" | "collections" | "notes" | "email" | "phone" | "status" | "deleted" | "createdAt" | "updatedAt";
    ranges: "date_of_birth" | "createdAt" | "updatedAt";
    texts: "name" | "email" | "phone";
    sorts: "_id" | "client" | "name" | "gender" | "date_of_birth" | "nationality" | "notes" | "email" | "phone" | "status" | "deleted" | "createdAt" | "updatedAt";
    relations: "client" | "collections";
    with: never;
    create: NewPerson;
    created: Person;
    change: PersonChange;
    delete: true;
  };
  livenessSessions: {
    record: LivenessSession;
    values: {
      _id: string;
      client: string;
      project: string;
      projectFlow: string;
      identifier: string;
      status: "active" | "completed" | "expired";
      expiresAt: Moment;
      createdAt: Moment;
      updatedAt: Moment;
    };
    fields: "_id" | "client" | "project" | "projectFlow" | "identifier" | "status" | "expiresAt" | "createdAt" | "updatedAt";
    ranges: "expiresAt" | "createdAt" | "updatedAt";
    texts: "identifier";
    sorts: "_id" | "client" | "project" | "projectFlow" | "identifier" | "status" | "expiresAt" | "createdAt" | "updatedAt";
    relations: "client" | "project" | "projectFlow";
    with: never;
    create: NewLivenessSession;
    created: { livenessSession: LivenessSession; biometricValidation: BiometricValidation; token: string; };
    change: never;
    delete: false;
  };
  appRegistrations: {
    record: AppRegistration;
    values: {
      _id: string;
      client: string;
      project: string;
      projectFlow: string;
      status: "STARTED" | "ONGOING" | "COMPLETED" | "COMPLETED_WITHOUT_KYC" | "FAILED" | "NEEDS_MANUAL_VERIFICATION" | "EXPIRED" | "completed";
      fullName: string;
      firstName: string;
      lastName: string;
      email: string;
      phone: string;
      countryCode: string;
      language: string;
      currentStep: string;
      emailValidation: string;
      phoneValidation: string;
      biometricValidation: string;
      documentValidation: string;
      documentLiveness: string;
      person: string;
      failedDocumentValidations: string;
      assignedCollection: string;
      createdAt: Moment;
      updatedAt: Moment;
    };
    fields: "_id" | "client" | "project" | "projectFlow" | "status" | "fullName" | "firstName" | "lastName" | "email" | "phone" | "countryCode" | "language" | "currentStep" | "emailValidation" | "phoneValidation" | "biometricValidation" | "documentValidation" | "documentLiveness" | "compareFaceVerification" | "person" | "consentSession" | "failedBiometricValidations" | "failedDocumentValidations" | "assignedCollection" | "manualReviewLog" | "createdAt" | "updatedAt";
    ranges: "createdAt" | "updatedAt";
    texts: "fullName" | "firstName" | "lastName" | "email" | "phone";
    sorts: "_id" | "client" | "project" | "projectFlow" | "status" | "fullName" | "firstName" | "lastName" | "email" | "phone" | "countryCode" | "language" | "currentStep" | "emailValidation" | "phoneValidation" | "biometricValidation" | "documentValidation" | "documentLiveness" | "person" | "createdAt" | "updatedAt";
    relations: "client" | "project" | "projectFlow" | "emailValidation" | "phoneValidation" | "biometricValidation" | "documentValidation" | "person" | "failedDocumentValidations";
    with: never;
    create: NewAppRegistration;
    created: { appRegistration: AppRegistration; informationValidation: null; token: string; };
    change: AppRegistrationChange;
    delete: true;
  };
  emailValidations: {
    record: EmailValidation;
    values: {
      _id: string;
      client: string;
      project: string;
      projectFlow: string;
      appRegistration: string;
      status: "new" | "sent" | "validated" | "failed" | "expired" | "pending" | "completed";
      email: string;
      type: "validation" | "login" | "onboarding" | "oneTimeLink";
      validationMethod: "verificationCode" | "oneTimeLink" | "magicLink";
      expiresAt: Moment;
      redirectUrl: string;
      requires2FA: boolean;
      ipAddress: string;
      language: string;
      attempts: number;
      maxAttempts: number;
      reason: string;
      createdAt: Moment;
      updatedAt: Moment;
      validatedAt: Moment;
    };
    fields: "_id" | "client" | "project" | "projectFlow" | "appRegistration" | "status" | "email" | "type" | "validationMethod" | "expiresAt" | "redirectUrl" | "requires2FA" | "ipAddress" | "language" | "attempts" | "maxAttempts" | "reason" | "createdAt" | "updatedAt" | "validatedAt";
    ranges: "expiresAt" | "attempts" | "maxAttempts" | "createdAt" | "updatedAt" | "validatedAt";
    texts: "email";
    sorts: "_id" | "client" | "project" | "projectFlow" | "appRegistration" | "status" | "email" | "type" | "validationMethod" | "expiresAt" | "requires2FA" | "ipAddress" | "attempts" | "maxAttempts" | "createdAt" | "updatedAt" | "validatedAt";
    relations: "client" | "project" | "projectFlow";
    with: never;
    create: NewEmailValidation;
    created: EmailValidation & { verificationCode?: string; };
    change: never;
    delete: true;
  };
  phoneValidations: {
    record: PhoneValidation;
    values: {
      _id: string;
      client: string;
      project: string;
      projectFlow: string;
      appRegistration: string;
      status: "new" | "sent" | "validated" | "failed" | "expired" | "pending" | "completed";
      countryCode: string;
      phone: string;
      phoneGateway: "sms" | "whatsapp";
      type: "validation" | "login" | "onboarding" | "oneTimeLink";
      validationMethod: "verificationCode";
      expiresAt: Moment;
      redirectUrl: string;
      requires2FA: boolean;
      ipAddress: string;
      language: string;
      attempts: number;
      maxAttempts: number;
      reason: string;
      createdAt: Moment;
      updatedAt: Moment;
      validatedAt: Moment;
    };
    fields: "_id" | "client" | "project" | "projectFlow" | "appRegistration" | "status" | "countryCode" | "phone" | "phoneGateway" | "type" | "validationMethod" | "expiresAt" | "redirectUrl" | "requires2FA" | "ipAddress" | "language" | "attempts" | "maxAttempts" | "reason" | "createdAt" | "updatedAt" | "validatedAt";
    ranges: "expiresAt" | "attempts" | "maxAttempts" | "createdAt" | "updatedAt" | "validatedAt";
    texts: "phone";
    sorts: "_id" | "client" | "project" | "projectFlow" | "appRegistration" | "status" | "countryCode" | "phone" | "phoneGateway" | "type" | "validationMethod" | "expiresAt" | "requires2FA" | "ipAddress" | "attempts" | "maxAttempts" | "createdAt" | "updatedAt" | "validatedAt";
    relations: "client" | "project" | "projectFlow";
    with: never;
    create: NewPhoneValidation;
    created: PhoneValidation & { verificationCode?: string; };
    change: never;
    delete: true;
  };
  biometricValidations: {
    record: BiometricValidation;
    values: {
      _id: string;
      client: string;
      project: string;
      projectFlow: string;
      livenessSession: string;
      appRegistration: string;
      status: "new" | "pending" | "completed" | "failed" | "expired" | "validated" | "sent";
      identifier: string;
      type: "validation" | "login" | "onboarding" | "oneTimeLink";
      expiresAt: Moment;
      redirectUrl: string;
      webhookUrl: string;
      requires2FA: boolean;
      ipAddress: string;
      sendViaEmail: boolean;
      email: string;
      language: string;
      url: string;
      assignedCollection: string;
      collectionCode: string;
      livenessScore: number;
      failedChecks: "livenessDetection" | "identityMatch" | "antiSpoofing" | "quality";
      riskScore: number;
      imageSaved: boolean;
      createdAt: Moment;
      updatedAt: Moment;
      completedAt: Moment;
      "appRegistration.email": string;
    };
    fields: "_id" | "client" | "project" | "projectFlow" | "livenessSession" | "appRegistration" | "status" | "identifier" | "type" | "expiresAt" | "redirectUrl" | "webhookUrl" | "requires2FA" | "ipAddress" | "sendViaEmail" | "email" | "language" | "url" | "assignedCollection" | "collectionCode" | "livenessScore" | "response" | "reasons" | "biometricData" | "verificationResults" | "failedChecks" | "riskScore" | "imageSaved" | "createdAt" | "updatedAt" | "completedAt";
    ranges: "expiresAt" | "livenessScore" | "riskScore" | "createdAt" | "updatedAt" | "completedAt";
    texts: "identifier";
    sorts: "_id" | "client" | "project" | "projectFlow" | "livenessSession" | "appRegistration" | "status" | "identifier" | "type" | "expiresAt" | "requires2FA" | "ipAddress" | "riskScore" | "createdAt" | "updatedAt" | "completedAt";
    relations: "client" | "project" | "projectFlow" | "livenessSession" | "appRegistration";
    with: never;
    create: NewBiometricValidation;
    created: { livenessSession: LivenessSession; biometricValidation: BiometricValidation; token: string; };
    change: never;
    delete: true;
  };
  documentValidations: {
    record: DocumentValidation;
    values: {
      _id: string;
      client: string;
      project: string;
      projectFlow: string;
      appRegistration: string;
      status: "ASSESSING" | "ACTIVE" | "ACTIVE_BUT_UNVERIFIED" | "NEEDS_MANUAL_VERIFICATION" | "NOT_FOUND" | "FAILED" | "EXPIRED" | "new" | "pending" | "completed" | "VALIDATED" | "failed" | "expired";
      type: "validation" | "login" | "signup" | "ocr" | "demo";
      validationMethod: "OCR" | "SCAN_PROMPT" | "SCAN_STUDIO" | "SCAN_AGENT" | "MANUAL";
      inputMethod: "CAMERA" | "FILE_UPLOAD" | "NOT_SET";
      documentType: string;
      documentCategory: "passport" | "national_id" | "driver_license" | "residence_permit" | "visa" | "other" | "id";
      country: string;
      documentNumber: string;
      imageSaved: boolean;
      url: string;
      backUrl: string;
      imageValidated: boolean;
      requiresBackSide: boolean;
      namesMatch: boolean;
      fullNameMatchPercentage: number;
      firstNameMatchPercentage: number;
      lastNameMatchPercentage: number;
      age: string;
      riskScore: number;
      failedChecks: "screenReplay" | "printedCopy" | "portraitSubstitution" | "digitalManipulation" | "checkDigits" | "nationalNumber" | "documentNumberAgrees" | "namesAgree" | "birthDateAgrees" | "expirationDateAgrees" | "sexAgrees" | "countryAgrees" | "datesArePossible" | "notExpired" | "minimumAge" | "documentTypeAllowed" | "countryAllowed" | "namesMatch" | "birthDateMatches" | "documentNumberMatches" | "portraitMatchesFace" | "ghostPortraitMatches" | "numberOfOnePerson";
      failureReason: string;
      createdAt: Moment;
      updatedAt: Moment;
      completedAt: Moment;
      "appRegistration.email": string;
    };
    fields: "_id" | "client" | "project" | "projectFlow" | "appRegistration" | "status" | "type" | "validationMethod" | "inputMethod" | "documentType" | "documentCategory" | "country" | "documentNumber" | "imageSaved" | "url" | "backUrl" | "imageValidated" | "requiresBackSide" | "namesMatch" | "fullNameMatchPercentage" | "firstNameMatchPercentage" | "lastNameMatchPercentage" | "age" | "riskScore" | "OCRExtraction" | "documentData" | "validationResults" | "failedChecks" | "ocrResults" | "failureReason" | "manualVerification" | "manualNameReview" | "createdAt" | "updatedAt" | "completedAt";
    ranges: "fullNameMatchPercentage" | "firstNameMatchPercentage" | "lastNameMatchPercentage" | "riskScore" | "createdAt" | "updatedAt" | "completedAt";
    texts: never;
    sorts: "_id" | "client" | "project" | "projectFlow" | "appRegistration" | "status" | "type" | "validationMethod" | "inputMethod" | "documentType" | "documentCategory" | "country" | "documentNumber" | "imageSaved" | "url" | "backUrl" | "imageValidated" | "requiresBackSide" | "namesMatch" | "fullNameMatchPercentage" | "firstNameMatchPercentage" | "lastNameMatchPercentage" | "riskScore" | "createdAt" | "updatedAt" | "completedAt";
    relations: "client" | "project" | "projectFlow" | "appRegistration";
    with: never;
    create: never;
    created: never;
    change: never;
    delete: true;
  };
  appLogins: {
    record: AppLogin;
    values: {
      _id: string;
      client: string;
      name: string;
      status: "pending" | "completed" | "failed" | "validated";
      project: string;
      projectFlow: string;
      type: "email" | "phone" | "faceLiveness" | "faceliveness";
      emailValidation: string;
      phoneValidation: string;
      biometricValidation: string;
      appRegistration: string;
      person: string;
      createdAt: Moment;
      updatedAt: Moment;
      "appRegistration.email": string;
    };
    fields: "_id" | "client" | "name" | "status" | "project" | "projectFlow" | "type" | "emailValidation" | "phoneValidation" | "biometricValidation" | "appRegistration" | "person" | "createdAt" | "updatedAt";
    ranges: "createdAt" | "updatedAt";
    texts: "name";
    sorts: "_id" | "client" | "name" | "status" | "project" | "projectFlow" | "type" | "emailValidation" | "phoneValidation" | "biometricValidation" | "appRegistration" | "person" | "createdAt" | "updatedAt";
    relations: "client" | "project" | "projectFlow" | "emailValidation" | "phoneValidation" | "biometricValidation" | "appRegistration" | "person";
    with: never;
    create: never;
    created: never;
    change: never;
    delete: true;
  };
  documentLiveness: {
    record: DocumentLivenessValidation;
    values: {
      _id: string;
      client: string;
      appRegistration: string;
      imageSaved: boolean;
      imageUrl: string;
      status: "new" | "processing" | "completed" | "failed";
      failedChecks: "documentCropped" | "colourLess" | "screenReplay" | "printedCopy" | "portraitSubstitution" | "digitalManipulation";
      riskScore: number;
      confidence: number;
      failureReason: string;
      createdAt: Moment;
      updatedAt: Moment;
      completedAt: Moment;
      "appRegistration.email": string;
    };
    fields: "_id" | "client" | "appRegistration" | "imageSaved" | "imageUrl" | "status" | "validationResults" | "calibrationSettings" | "validationFlags" | "failedChecks" | "riskScore" | "confidence" | "failureReason" | "createdAt" | "updatedAt" | "completedAt";
    ranges: "riskScore" | "confidence" | "createdAt" | "updatedAt" | "completedAt";
    texts: never;
    sorts: "_id" | "client" | "appRegistration" | "imageSaved" | "imageUrl" | "status" | "riskScore" | "confidence" | "createdAt" | "updatedAt" | "completedAt";
    relations: "client" | "appRegistration";
    with: never;
    create: NewDocumentLivenessValidation;
    created: DocumentLivenessValidation;
    change: never;
    delete: true;
  };
  promptTemplates: {
    record: PromptTemplate;
    values: {
      _id: string;
      client: string;
      name: string;
      documentTypes: string;
      country: string;
      active: boolean;
      createdAt: Moment;
      updatedAt: Moment;
    };
    fields: "_id" | "client" | "name" | "documentTypes" | "country" | "labels" | "active" | "createdAt" | "updatedAt";
    ranges: "createdAt" | "updatedAt";
    texts: "name";
    sorts: "_id" | "client" | "name" | "country" | "active" | "createdAt" | "updatedAt";
    relations: "client";
    with: never;
    create: NewPromptTemplate;
    created: PromptTemplate;
    change: PromptTemplateChange;
    delete: true;
  };
  projectMembers: {
    record: Member;
    values: {
      _id: string;
      client: string;
      name: string;
      email: string;
      role: "viewer" | "editor" | "admin" | "owner";
      status: "invited" | "active" | "disabled";
      hasTotp: boolean;
      lastSignInAt: Moment;
      createdAt: Moment;
      updatedAt: Moment;
    };
    fields: "_id" | "client" | "name" | "email" | "role" | "status" | "hasTotp" | "lastSignInAt" | "createdAt" | "updatedAt";
    ranges: "lastSignInAt" | "createdAt" | "updatedAt";
    texts: "name" | "email";
    sorts: "_id" | "client" | "name" | "email" | "role" | "status" | "hasTotp" | "lastSignInAt" | "createdAt" | "updatedAt";
    relations: "client";
    with: never;
    create: NewMember;
    created: Member & { invitation: { url: string; expiresAt: string; }; };
    change: MemberChange;
    delete: true;
  };
  reviews: {
    record: Review;
    values: {
      _id: string;
      client: string;
      subjectResource: string;
      subjectId: string;
      appRegistration: string;
      project: string;
      projectFlow: string;
      openedBecause: string;
      priority: number;
      state: "open" | "claimed" | "proposed" | "decided" | "withdrawn";
      claimedBy: string;
      claimedUntil: Moment;
      proposal: "approve" | "decline" | "resubmit";
      decision: "approve" | "decline" | "resubmit";
      reasons: string;
      note: string;
      decidedBy: string;
      checkedBy: string;
      evidenceDigest: string;
      createdAt: Moment;
      updatedAt: Moment;
      decidedAt: Moment;
      "appRegistration.email": string;
    };
    fields: "_id" | "client" | "subject" | "subjectResource" | "subjectId" | "appRegistration" | "project" | "projectFlow" | "openedBecause" | "priority" | "state" | "claimedBy" | "claimedUntil" | "proposal" | "decision" | "reasons" | "note" | "decidedBy" | "checkedBy" | "evidenceDigest" | "createdAt" | "updatedAt" | "decidedAt";
    ranges: "priority" | "claimedUntil" | "createdAt" | "updatedAt" | "decidedAt";
    texts: never;
    sorts: "_id" | "client" | "subjectResource" | "subjectId" | "appRegistration" | "project" | "projectFlow" | "priority" | "state" | "claimedBy" | "claimedUntil" | "proposal" | "decision" | "decidedBy" | "checkedBy" | "createdAt" | "updatedAt" | "decidedAt";
    relations: "client" | "appRegistration" | "project" | "projectFlow";
    with: never;
    create: never;
    created: never;
    change: never;
    delete: false;
  };
  events: {
    record: Event;
    values: {
      _id: string;
      client: string;
      type: string;
      resource: string;
      record: string;
      sequence: number;
      status: string;
      projectFlow: string;
      appRegistration: string;
      actor: string;
      request: string;
      count: number;
      digest: string;
      createdAt: Moment;
      "appRegistration.email": string;
    };
    fields: "_id" | "client" | "type" | "resource" | "record" | "sequence" | "status" | "projectFlow" | "appRegistration" | "actor" | "request" | "count" | "digest" | "createdAt";
    ranges: "sequence" | "count" | "createdAt";
    texts: never;
    sorts: "_id" | "client" | "type" | "resource" | "record" | "sequence" | "status" | "projectFlow" | "appRegistration" | "actor" | "request" | "createdAt";
    relations: "client" | "projectFlow" | "appRegistration";
    with: never;
    create: never;
    created: never;
    change: never;
    delete: false;
  };
  accesses: {
    record: Access;
    values: {
      _id: string;
      client: string;
      resource: string;
      record: string;
      part: string;
      actor: string;
      purpose: string;
      request: string;
      createdAt: Moment;
    };
    fields: "_id" | "client" | "resource" | "record" | "part" | "actor" | "purpose" | "request" | "createdAt";
    ranges: "createdAt";
    texts: never;
    sorts: "_id" | "client" | "resource" | "record" | "part" | "actor" | "purpose" | "request" | "createdAt";
    relations: "client";
    with: never;
    create: never;
    created: never;
    change: never;
    delete: false;
  };
  webhooks: {
    record: Webhook;
    values: {
      _id: string;
      client: string;
      name: string;
      url: string;
      description: string;
      isActive: boolean;
      projectFlow: string;
      format: "verifik" | "standard";
      payload: "full" | "thin";
      ordering: "record" | "none";
      source: "api" | "flow" | "validation";
      failures: number;
      failingSince: Moment;
      pausedUntil: Moment;
      disabledAt: Moment;
      disabledReason: string;
      createdAt: Moment;
      updatedAt: Moment;
    };
    fields: "_id" | "client" | "name" | "url" | "description" | "isActive" | "projectFlow" | "eventTypes" | "format" | "payload" | "ordering" | "source" | "notification" | "failures" | "failingSince" | "pausedUntil" | "disabledAt" | "disabledReason" | "createdAt" | "updatedAt";
    ranges: "failures" | "failingSince" | "pausedUntil" | "disabledAt" | "createdAt" | "updatedAt";
    texts: "name";
    sorts: "_id" | "client" | "name" | "url" | "description" | "isActive" | "format" | "payload" | "ordering" | "source" | "failures" | "failingSince" | "pausedUntil" | "disabledAt" | "disabledReason" | "createdAt" | "updatedAt";
    relations: "client" | "projectFlow";
    with: never;
    create: NewWebhook;
    created: Webhook & { secret: string; publicKey: string; };
    change: WebhookChange;
    delete: true;
  };
  webhookEvents: {
    record: WebhookEvent;
    values: {
      _id: string;
      client: string;
      type: string;
      webhook: string;
      event: string;
      projectFlow: string;
      appRegistration: string;
      resource: string;
      record: string;
      sequence: number;
      recordStatus: string;
      status: "pending" | "sent";
      state: "pending" | "retrying" | "held" | "delivered" | "dead" | "cancelled";
      attempts: number;
      responseStatus: "success" | "fail";
      dueAt: Moment;
      sentAt: Moment;
      endedAt: Moment;
      createdAt: Moment;
      "appRegistration.email": string;
    };
    fields: "_id" | "client" | "type" | "webhook" | "event" | "projectFlow" | "appRegistration" | "resource" | "record" | "sequence" | "recordStatus" | "status" | "state" | "attempts" | "response" | "responseStatus" | "dueAt" | "sentAt" | "endedAt" | "createdAt";
    ranges: "sequence" | "attempts" | "dueAt" | "sentAt" | "endedAt" | "createdAt";
    texts: never;
    sorts: "_id" | "client" | "type" | "webhook" | "event" | "projectFlow" | "appRegistration" | "resource" | "record" | "sequence" | "recordStatus" | "status" | "state" | "attempts" | "responseStatus" | "dueAt" | "sentAt" | "endedAt" | "createdAt";
    relations: "client" | "webhook" | "projectFlow" | "appRegistration";
    with: never;
    create: never;
    created: never;
    change: never;
    delete: false;
  };
}

/** Where each list is. */
export const PATHS: Readonly<Record<keyof Lists, string>> = {
  projects: "/v3/projects",
  projectFlows: "/v2/project-flows",
  collections: "/v2/face-recognition/collections",
  persons: "/v2/face-recognition/persons",
  livenessSessions: "/v2/liveness-sessions",
  appRegistrations: "/v2/app-registrations",
  emailValidations: "/v2/email-validations",
  phoneValidations: "/v2/phone-validations",
  biometricValidations: "/v2/biometric-validations",
  documentValidations: "/v2/document-validations",
  appLogins: "/v2/app-logins",
  documentLiveness: "/v2/document-liveness",
  promptTemplates: "/v2/prompt-templates",
  projectMembers: "/v2/project-members",
  reviews: "/v2/reviews",
  events: "/v2/events",
  accesses: "/v2/accesses",
  webhooks: "/v2/webhooks",
  webhookEvents: "/v2/webhook-events",
};

/** What `type` of an event says. */
export const EVENT_TYPES = [
  "biometric_validation.created",
  "biometric_validation.started",
  "biometric_validation.released",
  "biometric_validation.completed",
  "biometric_validation.failed",
  "biometric_validation.expired",
  "biometric_validation.updated",
  "biometric_validation.deleted",
  "document_liveness.created",
  "document_liveness.started",
  "document_liveness.completed",
  "document_liveness.failed",
  "document_liveness.updated",
  "document_liveness.deleted",
  "document_validation.created",
  "document_validation.active",
  "document_validation.unverified",
  "document_validation.needs_manual_verification",
  "document_validation.not_found",
  "document_validation.failed",
  "document_validation.expired",
  "document_validation.updated",
  "document_validation.deleted",
  "app_registration.created",
  "app_registration.updated",
  "app_registration.sync_instructions",
  "app_registration.sync_sign_up_form",
  "app_registration.sync_basic_information",
  "app_registration.sync_document",
  "app_registration.sync_liveness",
  "app_registration.sync_form",
  "app_registration.completed",
  "app_registration.completed_without_kyc",
  "app_registration.failed",
  "app_registration.needs_manual_verification",
  "app_registration.expired",
  "app_registration.reopened",
  "app_registration.deleted",
  "app_login.pending",
  "app_login.completed",
  "app_login.failed",
  "app_login.deleted",
  "email_validation.created",
  "email_validation.sent",
  "email_validation.resent",
  "email_validation.validated",
  "email_validation.code_incorrect",
  "email_validation.failed",
  "email_validation.expired",
  "email_validation.deleted",
  "phone_validation.created",
  "phone_validation.sent",
  "phone_validation.resent",
  "phone_validation.validated",
  "phone_validation.code_incorrect",
  "phone_validation.failed",
  "phone_validation.expired",
  "phone_validation.deleted",
  "person.created",
  "person.updated",
  "person.deleted",
  "collection.created",
  "collection.updated",
  "collection.deleted",
  "project.created",
  "project.updated",
  "project.deleted",
  "project_flow.created",
  "project_flow.updated",
  "project_flow.deleted",
  "prompt_template.created",
  "prompt_template.updated",
  "prompt_template.deleted",
  "project_member.created",
  "project_member.joined",
  "project_member.signed_in",
  "project_member.role_changed",
  "project_member.disabled",
  "project_member.enabled",
  "project_member.password_changed",
  "project_member.totp_added",
  "project_member.totp_removed",
  "project_member.updated",
  "project_member.deleted",
  "review.opened",
  "review.claimed",
  "review.released",
  "review.proposed",
  "review.returned",
  "review.decided",
  "review.withdrawn",
  "webhook.created",
  "webhook.updated",
  "webhook.disabled",
  "webhook.enabled",
  "webhook.secret_shown",
  "webhook.secret_rotated",
  "webhook.deleted",
  "records.imported",
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** What `code` of an error says. */
export const ERROR_CODES = [
  "INVALID_PARAMETERS",
  "UNAUTHORIZED",
  "Unauthorized",
  "FORBIDDEN",
  "NOT_FOUND",
  "METHOD_NOT_ALLOWED",
  "MissingParameter",
  "IDEMPOTENCY_KEY_REUSED",
  "IDEMPOTENCY_ANSWER_GONE",
  "URI_TOO_LONG",
  "MALFORMED_REQUEST",
  "HEADERS_TOO_LARGE",
  "BadRequest",
  "BODY_TOO_LARGE",
  "BODY_TOO_SLOW",
  "UNSUPPORTED_MEDIA_TYPE",
  "INVALID_IMAGE_FORMAT",
  "IMAGE_TOO_LARGE",
  "TOO_MANY_REQUESTS",
  "UNAVAILABLE",
  "VAULT_UNREADABLE",
  "internal_error",
  "Conflict",
  "token_not_right",
  "Forbidden",
  "ERROR",
  "IMAGE_DAMAGED",
  "IMAGE_TOO_SMALL",
  "NO_FACE",
  "MANY_FACES",
  "FACE_TOO_SMALL",
  "FACE_TOO_CLOSE",
  "FACE_TURNED",
  "FACE_NOT_MEASURABLE",
  "MODELS_MISSING",
  "PreconditionFailed",
  "duplicated_person",
  "liveness_failed",
  "person_without_face",
  "GALLERY_TOO_LARGE",
  "UnprocessableEntity",
  "Project_not_found_or_featured_disabled",
  "EMAIL_NOT_SENT",
  "email_is_registered_already",
  "phone_is_registered_already",
  "cannot_resend_link_for_this_status",
  "identity_image_not_found",
  "INVALID_CODE",
  "CODE_EXPIRED",
  "CODE_NOT_SENT",
  "MAX_ATTEMPTS_EXCEEDED",
  "too_many_codes",
  "codes_locked",
  "country_not_allowed",
  "messages_not_set",
  "LIVENESS_DETECTION_FAILED",
  "IDENTITY_VERIFICATION_FAILED",
  "image_replayed",
  "login_locked",
  "collection_not_set",
  "person_already_set",
  "already_exists",
  "method_not_set",
  "endpoint_removed",
  "webhooks_too_many",
  "webhook_of_another_record",
  "CROSS_SITE",
  "project_member_exists",
  "project_member_joined",
  "project_member_not_active",
  "last_owner",
  "review_claimed",
  "review_not_claimed",
  "review_state",
  "review_withdrawn",
  "evidence_changed",
  "own_proposal",
  "contact_is_registered",
  "NotFound",
  "PERSON_NOT_FOUND",
  "liveness_session_not_found",
  "appRegistration_not_found",
  "email_validation_not_found",
  "phone_validation_not_found",
  "biometric_validation_not_found",
  "document_validation_not_found",
  "appLogin_not_found",
  "DOCUMENT_LIVENESS_NOT_FOUND",
  "prompt_template_not_found",
  "project_member_not_found",
  "review_not_found",
  "event_not_found",
  "access_not_found",
  "webhook_not_found",
  "webhook_event_not_found",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];
