import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Opens each PFX of a list, and says `agreed` or what is wrong. */
class Keystores {
    static final Map<String, String> SIGNATURES =
        Map.of("RSA", "SHA256withRSA", "EC", "SHA256withECDSA", "EdDSA", "Ed25519");

    public static void main(String[] arguments) throws Exception {
        char[] password = arguments[1].toCharArray();
        List<String> lines = Files.readAllLines(Path.of(arguments[0]));
        // In the order of the list, on all cores.
        lines.parallelStream().map(line -> judged(line.split("\t"), password)).toList().forEach(System.out::println);
    }

    static String judged(String[] line, char[] password) {
        try {
            String alias = line.length > 4 ? new String(Base64.getDecoder().decode(line[4]), UTF_8) : "";
            check(line[1], line[2], line[3], alias, password);
            return "agreed";
        } catch (Exception problem) {
            return problem.toString().replaceAll("\\R", " ");
        }
    }

    /** `name` is base64 of what openssl shows; `wanted` is the alias, or nothing if it is not known. */
    static void check(String file, String name, String certificates, String wanted, char[] password)
            throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (var stream = new FileInputStream(file)) {
            store.load(stream, password);
        }
        String alias = store.aliases().nextElement();
        if (store.size() != 1) {
            throw new Exception(store.size() + " entries");
        }
        if (!shown(alias).equals(new String(Base64.getDecoder().decode(name), ISO_8859_1).toLowerCase())) {
            throw new Exception("another name: " + alias);
        }
        if (!wanted.isEmpty() && !alias.equals(wanted.toLowerCase(Locale.ENGLISH))) {
            throw new Exception("another alias: " + alias);
        }
        Certificate[] chain = store.getCertificateChain(alias);
        StringBuilder found = new StringBuilder();
        for (Certificate certificate : chain) {
            byte[] print = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
            found.append(found.isEmpty() ? "" : ",").append(HexFormat.of().formatHex(print));
        }
        if (!found.toString().equals(certificates)) {
            throw new Exception("another chain: " + found);
        }
        isPair((PrivateKey) store.getKey(alias, password), chain[0]);
    }

    /** A name as openssl shows it: the lower byte of every UTF-16 unit. */
    static String shown(String name) {
        byte[] low = new byte[name.length()];
        for (int i = 0; i < low.length; i++) {
            low[i] = (byte) name.charAt(i);
        }
        return new String(low, ISO_8859_1).toLowerCase();
    }

    static void isPair(PrivateKey key, Certificate leaf) throws Exception {
        Signature signature = Signature.getInstance(SIGNATURES.get(key.getAlgorithm()));
        signature.initSign(key);
        signature.update("payload".getBytes());
        byte[] signed = signature.sign();
        signature.initVerify(leaf.getPublicKey());
        signature.update("payload".getBytes());
        if (!signature.verify(signed)) {
            throw new Exception("the key is not the leaf's");
        }
    }
}
